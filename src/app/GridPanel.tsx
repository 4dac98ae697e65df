/** What every method has in common: the widths, the group, symmetry. */
import { groupName } from '../store/format';
import { groups, widths } from '../store/plan';
import { useLab, useLabState } from './context';
import { Chips, Section, Segmented, Select, Switch } from './controls';

const tableBits = [
  { value: '', label: 'as stored' },
  ...widths.map((bits) => ({ value: String(bits), label: `${bits} bits` })),
];

export function GridPanel() {
  const lab = useLab();
  const { chosen, group, symmetric, embedding, head, tied } = useLabState(({ setup, checkpoint }) => ({
    chosen: setup.widths,
    group: setup.group,
    symmetric: setup.symmetric,
    embedding: setup.embedding,
    head: setup.head,
    tied: checkpoint.card?.tiedEmbeddings ?? false,
  }));
  return (
    <Section title="Bits">
      <Chips legend="Widths" values={widths} chosen={chosen} onChange={(next) => lab.configure({ widths: next })} />
      <Segmented
        legend="Columns per scale (group)"
        term="group"
        value={groupName(group)}
        options={groups.map((value) => ({ value: groupName(value), label: groupName(value) }))}
        onChange={(next) => lab.configure({ group: groups.find((value) => groupName(value) === next) ?? null })}
      />
      <Switch
        label="Symmetric, no zero point"
        checked={symmetric}
        onChange={(next) => lab.configure({ symmetric: next })}
      />
      <div className="field-grid">
        <Select
          label={tied ? 'Embedding and head' : 'Embedding'}
          title="Rounded to nearest on the same kind of grid, where it is not left as stored."
          value={String(embedding ?? '')}
          options={tableBits}
          onChange={(next) => lab.configure({ embedding: next ? Number(next) : null })}
        />
        {!tied && (
          <Select
            label="Head"
            value={String(head ?? '')}
            options={tableBits}
            onChange={(next) => lab.configure({ head: next ? Number(next) : null })}
          />
        )}
      </div>
    </Section>
  );
}
