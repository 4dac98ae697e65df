/** The methods, drawn from their metadata: a new method appears here by itself. */
import type { MethodMeta } from '../quant/recipe';
import { piecesOf, possible, type Overrides } from '../store/plan';
import { useLab, useLabState } from './context';
import { Section } from './controls';
import { OptionField } from './OptionField';
import { looksOf, Swatch } from './series';

/** Options that the form sets for all methods together. */
const shared = ['bits', 'group', 'symmetric'];

export function MethodPanel() {
  const lab = useLab();
  const { chosen, group } = useLabState(({ setup }) => ({ chosen: setup.methods, group: setup.group }));
  const toggle = (name: string, on: boolean) =>
    lab.configure({ methods: on ? [...chosen, name] : chosen.filter((other) => other !== name) });
  return (
    <Section title="Methods">
      <ul className="methods">
        {lab.methods.map((method) => {
          const fits = possible(method, group);
          return (
            <li key={method.name} className={fits ? undefined : 'impossible'}>
              <label>
                <input
                  type="checkbox"
                  checked={chosen.includes(method.name)}
                  disabled={!fits}
                  onChange={({ target }) => toggle(method.name, target.checked)}
                />
                <Swatch looks={looksOf(method.name, lab.methods)} />
                <span className="method-label">{method.label}</span>
              </label>
              <p className="hint">
                {fits ? method.line : 'Needs groups: choose a group size below.'} <Paper method={method} />
              </p>
              {fits && chosen.includes(method.name) && <Options method={method} group={group} />}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

function Paper({ method: { paper } }: { readonly method: MethodMeta }) {
  if (!paper) return null;
  return (
    <a href={`https://arxiv.org/abs/${paper.arxiv}`} target="_blank" rel="noreferrer" title={paper.title}>
      paper
    </a>
  );
}

/** The method's own options: those of its pieces that the form does not set for all. */
function Options({ method, group }: { readonly method: MethodMeta; readonly group: number | null }) {
  const lab = useLab();
  const overrides: Overrides = useLabState(({ setup }) => setup.overrides[method.name] ?? {});
  const all = useLabState(({ setup }) => setup.overrides);
  // Any width will do: which options there are does not depend on it.
  const fields = piecesOf(method.recipe(4, group)).flatMap(({ place, piece }) => {
    const slot = place.split('.')[0];
    const meta = lab.pieces.find((m) => m.slot === slot && m.name === piece.name);
    return Object.entries(meta?.options ?? {})
      .filter(([option]) => !shared.includes(option))
      .map(([option, schema]) => ({ key: `${place}.${option}`, schema, standard: piece[option] ?? schema.default }));
  });
  if (fields.length === 0) return null;
  const changed = Object.keys(overrides).length;
  const set = (next: Overrides) => lab.configure({ overrides: { ...all, [method.name]: next } });
  return (
    <details className="options">
      <summary>Options{changed > 0 && <span className="changed"> · {changed} changed</span>}</summary>
      <div className="option-grid">
        {fields.map(({ key, schema, standard }) => (
          <OptionField
            key={key}
            schema={schema}
            value={overrides[key] ?? standard}
            onChange={(value) => {
              const { [key]: _, ...others } = overrides;
              set(value === standard ? others : { ...others, [key]: value });
            }}
          />
        ))}
      </div>
    </details>
  );
}
