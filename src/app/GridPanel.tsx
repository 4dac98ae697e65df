/** What every method has in common: the widths, the group, symmetry. */
import { groupName } from '../store/format';
import { groups, widths } from '../store/plan';
import { useLab, useLabState } from './context';
import { Chips, Section, Segmented, Switch } from './controls';

export function GridPanel() {
  const lab = useLab();
  const { chosen, group, symmetric } = useLabState(({ setup }) => ({
    chosen: setup.widths,
    group: setup.group,
    symmetric: setup.symmetric,
  }));
  return (
    <Section title="Bits">
      <Chips legend="Widths" values={widths} chosen={chosen} onChange={(next) => lab.configure({ widths: next })} />
      <Segmented
        legend="Columns per scale"
        value={groupName(group)}
        options={groups.map((value) => ({ value: groupName(value), label: groupName(value) }))}
        onChange={(next) => lab.configure({ group: groups.find((value) => groupName(value) === next) ?? null })}
      />
      <Switch
        label="Symmetric, no zero point"
        checked={symmetric}
        onChange={(next) => lab.configure({ symmetric: next })}
      />
    </Section>
  );
}
