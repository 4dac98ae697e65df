/** The few controls that repeat: native inputs under a common look. */
import { useEffect, useId, useState, type ReactNode } from 'react';
import type { TermName } from '../store/glossary';
import { useLab } from './context';
import { Term } from './Term';

interface SegmentedProps<T extends string> {
  readonly legend: string;
  /** Of the glossary, where the legend is a word that it explains. */
  readonly term?: TermName;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly title?: string }[];
  readonly onChange: (value: T) => void;
  /** Where the legend stands: before the choices, or for screen readers only. */
  readonly legendStyle?: 'shown' | 'hidden';
  readonly disabled?: boolean;
}

/** One of few: radio buttons in a row. */
export function Segmented<T extends string>(props: SegmentedProps<T>) {
  const { legend, term, value, options, onChange, legendStyle = 'shown', disabled } = props;
  const name = useId();
  return (
    <fieldset className="field" disabled={disabled}>
      <legend className={legendStyle === 'hidden' ? 'unseen' : 'label'}>
        {term ? <Term name={term}>{legend}</Term> : legend}
      </legend>
      <div className="segmented">
        {options.map((option) => (
          <label key={option.value} title={option.title}>
            <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface ChipsProps {
  readonly legend: string;
  readonly values: readonly number[];
  readonly chosen: readonly number[];
  readonly onChange: (chosen: readonly number[]) => void;
}

/** Any of few: checkboxes in a row. */
export function Chips({ legend, values, chosen, onChange }: ChipsProps) {
  return (
    <fieldset className="field">
      <legend className="label">{legend}</legend>
      <div className="chips">
        {values.map((value) => (
          <label key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              aria-label={`${value} bits`}
              onChange={({ target }) =>
                onChange(target.checked ? [...chosen, value] : chosen.filter((other) => other !== value))
              }
            />
            <span>{value}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Switch(props: { label: string; checked: boolean; onChange: (on: boolean) => void; title?: string }) {
  return (
    <label className="switch" title={props.title}>
      <input
        type="checkbox"
        role="switch"
        checked={props.checked}
        onChange={({ target }) => props.onChange(target.checked)}
      />
      <span>{props.label}</span>
    </label>
  );
}

interface NumberFieldProps {
  readonly label: string;
  /** Null shows an empty field, where that means something (`placeholder` says what). */
  readonly value: number | null;
  readonly min: number;
  readonly max: number;
  readonly step?: number | 'any';
  readonly placeholder?: string;
  readonly title?: string;
  readonly onChange: (value: number | null) => void;
}

/** A number; values outside of the limits are not taken over, and the field says why. */
export function NumberField(props: NumberFieldProps) {
  // A fresh field for a value that was set from elsewhere; typing keeps its own text.
  return <NumberInput key={`${String(props.value)} ${props.min} ${props.max}`} {...props} />;
}

function NumberInput({ label, value, min, max, step = 1, placeholder, title, onChange }: NumberFieldProps) {
  const lab = useLab();
  const id = useId();
  const [reason, setReason] = useState<string | null>(
    value !== null && (value < min || value > max) ? reach(min, max) : null,
  );
  const say = (next: string | null) => {
    setReason(next);
    lab.mistake(id, next && `${label}: ${next}`);
  };
  useEffect(() => () => lab.mistake(id, null), [lab, id]);
  return (
    <label className="field" title={title}>
      <span className="label">{label}</span>
      <input
        type="number"
        defaultValue={value ?? ''}
        min={min}
        max={max}
        step={step}
        placeholder={placeholder}
        required={placeholder === undefined}
        aria-invalid={reason !== null}
        aria-describedby={reason === null ? undefined : id}
        onChange={({ target }) => say(wrong(target, min, max))}
        onBlur={({ target }) => {
          if (!target.validity.valid) return;
          onChange(target.value === '' ? null : target.valueAsNumber);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
      {reason !== null && (
        <span id={id} className="wrong">
          {reason}
        </span>
      )}
    </label>
  );
}

const reach = (min: number, max: number) => (max >= 1e6 ? `at least ${min}` : `${min} to ${max}`);

function wrong({ validity }: HTMLInputElement, min: number, max: number): string | null {
  if (validity.valid) return null;
  if (validity.valueMissing || validity.badInput) return 'a number is missing';
  if (validity.stepMismatch) return 'whole numbers only';
  return validity.rangeOverflow && max >= 1e6 ? `at most ${max}` : reach(min, max);
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
  readonly title?: string;
}

export function Select({ label, value, options, onChange, title }: SelectProps) {
  return (
    <label className="field" title={title}>
      <span className="label">{label}</span>
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <header className="section-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
