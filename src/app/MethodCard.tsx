/** One method in the form: a line to choose it by, and a card with its idea, its cost and its options, which opens in place. */
import { useId, useState } from 'react';
import { piecesIn, someWidth, type MethodMeta } from '../quant/recipe/recipe';
import { listed } from '../store/format';
import { remedy, unfit, widthsOf, type Overrides } from '../store/plan';
import { useLab, useLabState } from './context';
import { OptionField } from './OptionField';

/** Options that the form sets for all methods together. */
const shared = ['bits', 'group', 'symmetric'];

export function MethodCard({ method }: { readonly method: MethodMeta }) {
  const lab = useLab();
  const id = useId();
  const [open, setOpen] = useState(false);
  const { chosen, group, widths, mode, overrides } = useLabState(({ setup }) => ({
    chosen: setup.methods,
    group: setup.group,
    widths: setup.widths,
    mode: setup.mode,
    overrides: setup.overrides[method.name],
  }));
  const reason = unfit(method, { group, widths, mode });
  const mended = remedy(method, { group, widths, mode });
  const at = widthsOf(method, widths);
  const changed = Object.keys(overrides ?? {}).length;
  const toggle = (on: boolean) =>
    lab.configure({ methods: on ? [...chosen, method.name] : chosen.filter((other) => other !== method.name) });
  const notes = [
    ...(reason ? [reason] : at.length < widths.length ? [`At ${listed([...at].sort())} bits.`] : []),
    ...(changed > 0 ? [`${changed} ${changed === 1 ? 'option' : 'options'} changed.`] : []),
  ];
  return (
    <li className={reason ? 'impossible' : undefined}>
      <div className="method-row">
        <label>
          <input
            type="checkbox"
            checked={chosen.includes(method.name)}
            disabled={reason !== null && !chosen.includes(method.name)}
            aria-describedby={notes.length > 0 ? `${id}-notes` : undefined}
            onChange={({ target }) => toggle(target.checked)}
          />
          <span className="method-label">{method.label}</span>
        </label>
        <button
          type="button"
          className="about"
          aria-expanded={open}
          aria-controls={id}
          aria-label={`About ${method.label}`}
          title={method.line}
          onClick={() => setOpen(!open)}
        >
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <path d="M3 5l4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
          </svg>
        </button>
      </div>
      {notes.length > 0 && (
        <p className="method-notes">
          <span id={`${id}-notes`}>{notes.join(' ')}</span>{' '}
          {mended && (
            <button type="button" className="quiet mend" onClick={() => lab.configure(mended.change)}>
              {mended.label}
            </button>
          )}
        </p>
      )}
      <div id={id} className="method-card" hidden={!open}>
        {open && <Card method={method} group={group} />}
      </div>
    </li>
  );
}

function Card({ method, group }: { readonly method: MethodMeta; readonly group: number | null }) {
  const { line, helps, cost, paper, widths, groups } = method;
  return (
    <>
      <p>{line}</p>
      <dl>
        <dt>Helps</dt>
        <dd>{helps}</dd>
        <dt>Costs</dt>
        <dd>{cost}</dd>
        {widths && (
          <>
            <dt>Widths</dt>
            <dd>{listed(widths)} bits</dd>
          </>
        )}
        {groups !== 'any' && (
          <>
            <dt>Groups</dt>
            <dd>{groups === 'own' ? 'Its own; the group below does not apply.' : 'Needed: not for whole rows.'}</dd>
          </>
        )}
        {paper && (
          <>
            <dt>Paper</dt>
            <dd>
              <a href={`https://arxiv.org/abs/${paper.arxiv}`} target="_blank" rel="noreferrer">
                arXiv {paper.arxiv}
              </a>{' '}
              {paper.title}
            </dd>
          </>
        )}
      </dl>
      <Options method={method} group={group} />
    </>
  );
}

/** The method's own options: those of its pieces that the form does not set for all. */
function Options({ method, group }: { readonly method: MethodMeta; readonly group: number | null }) {
  const lab = useLab();
  const all = useLabState(({ setup }) => setup.overrides);
  const overrides: Overrides = all[method.name] ?? {};
  // Which options there are depends neither on the width nor on the group.
  const recipe = method.recipe(someWidth(method), method.groups === 'required' ? (group ?? 64) : group);
  const fields = piecesIn(recipe).flatMap(({ place, piece }) => {
    const slot = place.split('.')[0];
    const meta = lab.pieces.find((m) => m.slot === slot && m.name === piece.name);
    return Object.entries(meta?.options ?? {})
      .filter(([option]) => !shared.includes(option))
      .map(([option, schema]) => ({ key: `${place}.${option}`, schema, standard: piece[option] ?? schema.default }));
  });
  if (fields.length === 0) return null;
  const set = (next: Overrides) => lab.configure({ overrides: { ...all, [method.name]: next } });
  return (
    <div className="option-grid" role="group" aria-label={`Options of ${method.label}`}>
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
  );
}
