/** The methods by strategy, drawn from their metadata: a new method appears here by itself. Groups that hold no choice are closed. */
import { useId, useState } from 'react';
import type { Strategy } from '../quant/recipe/recipe';
import { goodStart } from '../store/goodStart';
import { groupMethods, type MethodGroup } from '../store/methods';
import { readSearch } from '../store/search';
import { useLab, useLabState } from './context';
import { Section } from './controls';
import { MethodCard } from './MethodCard';

/** Fewer than these are found at a glance, without a search. */
const searchFrom = 6;
/** Methods of an open group that are shown at once, beside the chosen ones. */
const shownAtFirst = 6;

export function MethodPanel() {
  const lab = useLab();
  const chosen = useLabState(({ setup }) => setup.methods);
  const [search, setSearch] = useState('');
  const [turned, setTurned] = useState<Partial<Record<Strategy, boolean>>>({});
  // As the page opened: a group does not close because its last method was given up.
  const [first, setFirst] = useState(chosen);
  const groups = groupMethods(lab.methods, search);
  const known = lab.methods.filter(({ name }) => chosen.includes(name)).length;
  return (
    <Section
      title="Methods"
      aside={
        <span className="hint figure">
          {known} of {lab.methods.length}
        </span>
      }
    >
      {lab.methods.length >= searchFrom && (
        <input
          type="search"
          className="method-search"
          placeholder="Find by name, idea or arXiv number"
          aria-label="Find a method"
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
      )}
      <div className="actions" role="group" aria-label="Sets of methods">
        <button
          type="button"
          className="small"
          title={lab.methods
            .filter(({ name }) => goodStart.includes(name))
            .map((method) => method.label)
            .join(', ')}
          onClick={() => {
            lab.configure({ methods: goodStart });
            setTurned({});
            setFirst(goodStart);
          }}
        >
          Good start
        </button>
        <button
          type="button"
          className="small"
          disabled={chosen.length === 0}
          onClick={() => lab.configure({ methods: [] })}
        >
          Select none
        </button>
      </div>
      {groups.length > 0 &&
        readSearch(search).notes.map((note) => (
          <p key={note} className="hint">
            {note}
          </p>
        ))}
      <div className="method-groups">
        {groups.map((group) => {
          const open =
            search.trim() !== '' || (turned[group.name] ?? group.methods.some(({ name }) => first.includes(name)));
          return (
            <Group
              key={group.name}
              group={group}
              chosen={chosen}
              open={open}
              all={search.trim() !== ''}
              onTurn={() => setTurned({ ...turned, [group.name]: !open })}
            />
          );
        })}
        {groups.length === 0 && (
          <p className="empty">No method here by that name or with such words: “{search.trim()}”.</p>
        )}
      </div>
    </Section>
  );
}

interface GroupProps {
  readonly group: MethodGroup;
  readonly chosen: readonly string[];
  readonly open: boolean;
  /** Whether every method is shown: what a search finds is not cut. */
  readonly all: boolean;
  readonly onTurn: () => void;
}

function Group({ group: { label, line, methods }, chosen, open, all, onTurn }: GroupProps) {
  const id = useId();
  const [more, setMore] = useState(false);
  const picked = methods.filter(({ name }) => chosen.includes(name));
  const shown = all || more ? methods : methods.filter(({ name }, i) => i < shownAtFirst || chosen.includes(name));
  return (
    <div className="method-group">
      <h3>
        <button type="button" className="turn" aria-expanded={open} aria-controls={id} onClick={onTurn} title={line}>
          <span className="method-group-name">{label}</span>
          {/* What is chosen shows while the group is closed. */}
          <span className="method-group-chosen">{open ? '' : picked.map((method) => method.label).join(', ')}</span>
          <span className="figure">
            {picked.length}/{methods.length}
            <span className="unseen"> chosen</span>
          </span>
        </button>
      </h3>
      <ul id={id} className="methods" hidden={!open}>
        {open && shown.map((method) => <MethodCard key={method.name} method={method} />)}
        {open && !all && (more || shown.length < methods.length) && (
          <li>
            <button type="button" className="quiet" aria-expanded={more} onClick={() => setMore(!more)}>
              {more ? 'Show fewer' : `${methods.length - shown.length} more`}
            </button>
          </li>
        )}
      </ul>
    </div>
  );
}
