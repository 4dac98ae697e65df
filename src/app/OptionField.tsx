/** One option of a piece as a form field, drawn from its schema. */
import type { OptionSchema, Piece } from '../quant/recipe/recipe';
import { NumberField, Select, Switch } from './controls';

interface Props {
  readonly schema: OptionSchema;
  readonly value: Piece[string];
  readonly onChange: (value: Piece[string]) => void;
}

export function OptionField({ schema, value, onChange }: Props) {
  const { label, help } = schema;
  switch (schema.kind) {
    case 'integer':
    case 'number':
      return (
        <NumberField
          label={label}
          title={help}
          value={Number(value)}
          min={schema.min}
          max={schema.max}
          step={schema.kind === 'integer' ? 1 : 'any'}
          onChange={(number) => number !== null && onChange(number)}
        />
      );
    case 'choice':
      return (
        <Select
          label={label}
          title={help}
          value={String(value)}
          options={schema.choices.map((choice) => ({ value: choice, label: choice }))}
          onChange={onChange}
        />
      );
    case 'switch':
      return <Switch label={label} title={help} checked={value === true} onChange={onChange} />;
    case 'group':
      return (
        <NumberField
          label={label}
          title={help}
          value={typeof value === 'number' ? value : null}
          min={2}
          max={65_536}
          placeholder="row"
          onChange={onChange}
        />
      );
  }
}
