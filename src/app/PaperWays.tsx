/** Ways to calibrate and to round that are there to show what they do: those of the paper's released code, and others for experts. Folded. */
import { mostBlend, plainVariants, usualBlend, variantWords, type Variants } from '../log/variants';
import { awqInGroups, withAwqInGroups } from '../store/ways';
import { useLab, useLabState } from './context';
import { NumberField, Switch } from './controls';

export default function PaperWays() {
  const lab = useLab();
  const { card, setup } = useLabState(({ checkpoint, setup }) => ({ card: checkpoint.card, setup }));
  if (!card) return null;
  const { variants, sites } = setup;
  const { experts, states, stayingParameters } = card;
  const set = (change: Variants) => lab.configure({ variants: plainVariants({ ...variants, ...change }) ?? {} });
  /** A variant as it is kept: left out where it is as usual. */
  const toggle =
    <K extends keyof Variants>(name: K, value: Variants[K]) =>
    (on: boolean) => {
      const { [name]: _, ...others } = variants;
      lab.configure({ variants: on ? { ...others, [name]: value } : others });
    };
  const chosen = variantWords(variants).length + (sites === 'all' ? 1 : 0) + (awqInGroups(setup) ? 1 : 0);
  return (
    <section className="section" aria-label="As the paper did it">
      <details className="paper-ways">
        <summary>
          <h2>As the paper did it</h2>
          <span className="hint">{chosen === 0 ? 'as usual' : `${chosen} chosen`}</span>
        </summary>
        <p className="hint">
          To show what comes of it, not to be recommended. A run with one of these is marked wherever its numbers stand.
        </p>
        <Way
          label="AWQ in groups of 128, others by rows"
          text="A scale for 128 columns fits better than one for a row, and costs more bits: compare bits per weight."
          checked={awqInGroups(setup)}
          onChange={(on) => lab.configure(withAwqInGroups(setup, on))}
        />
        {stayingParameters !== undefined && (
          <Way
            label="Round what usually stays"
            text={`${staying(experts !== undefined, states !== undefined)} Little to save, and much depends on it.`}
            checked={sites === 'all'}
            onChange={(on) => lab.configure({ sites: on ? 'all' : 'usual' })}
          />
        )}
        {states && (
          <Way
            label="Calibrate without the residual stream"
            text="Each block is calibrated on what the one before it added, not on what it reads when the model runs."
            checked={variants.residual !== undefined}
            onChange={toggle('residual', 'dropped')}
          />
        )}
        {experts && (
          <>
            <Way
              label="Zero experts without tokens"
              text="An expert that no calibration token reached becomes zero, where usually the inputs of all tokens stand in."
              checked={variants.deadExperts !== undefined}
              onChange={toggle('deadExperts', 'zeroed')}
            />
            <Way
              label="Weigh an expert’s tokens by the router"
              text="Each token counts by the square of its router weight: exact for the layer whose output the router scales. Not the paper’s."
              checked={variants.expertWeights !== undefined}
              onChange={toggle('expertWeights', 'router')}
            />
            <NumberField
              label={`Tokens that all tokens together count as for an expert (${usualBlend}; paper 0)`}
              title="An expert is known by its own tokens and, as so many more, by what all tokens would give it. 0: by its own alone."
              value={variants.expertBlend ?? usualBlend}
              min={0}
              max={mostBlend}
              onChange={(value) => value !== null && set({ expertBlend: value })}
            />
          </>
        )}
      </details>
    </section>
  );
}

const staying = (experts: boolean, states: boolean) =>
  [
    ...(experts ? ['Routers, which decide the experts of a token.'] : []),
    ...(states ? ['The layers that make the step sizes, B and C of a state space.'] : []),
  ].join(' ');

interface WayProps {
  readonly label: string;
  readonly text: string;
  readonly checked: boolean;
  readonly onChange: (on: boolean) => void;
}

function Way({ label, text, checked, onChange }: WayProps) {
  return (
    <div>
      <Switch label={label} checked={checked} onChange={onChange} />
      <p className="hint">{text}</p>
    </div>
  );
}
