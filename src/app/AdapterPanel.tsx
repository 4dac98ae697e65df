/** The GPU: its name, what it reaches, what it allows. */
import { adapterName, bytes, number } from '../store/format';
import { useLabState } from './context';

/** Limits in bytes; the others are counts. */
const inBytes = /Size$/;

export function AdapterPanel() {
  const { status, report, memory } = useLabState(({ engine }) => engine);
  if (status === 'missing') return null;
  const card = report?.card;
  return (
    <section className="panel adapter" aria-label="Adapter">
      <header className="panel-head">
        <h2>Adapter</h2>
      </header>
      <dl className="facts columns">
        <Fact name="Name" value={card ? adapterName(card) : 'asking…'} />
        <Fact
          name="Vendor"
          value={card ? [card.vendor, card.architecture].filter(Boolean).join(' · ') || 'not said' : '–'}
        />
        <Fact
          name="Matrix product, f32"
          value={report?.gigaflops == null ? 'not measured' : `${number(report.gigaflops, 3)} GFLOP/s`}
        />
        <Fact
          name="Finished layers"
          value={report ? (report.keepsLayers ? 'kept in this browser' : 'kept until the page closes') : '–'}
        />
        <Fact
          name="Memory after the last run"
          value={
            memory
              ? `${bytes(memory.liveBytes)} in ${memory.liveBuffers} buffers; at most ${bytes(memory.peakBytes)}`
              : 'no run yet'
          }
        />
        {Object.entries(card?.limits ?? {}).map(([name, value]) => (
          <Fact key={name} name={spaced(name)} value={inBytes.test(name) ? binary(value) : String(value)} />
        ))}
      </dl>
      {card && (
        <details>
          <summary>{card.features.length} features</summary>
          <p className="features">{card.features.join(', ')}</p>
        </details>
      )}
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** "maxBufferSize" → "max buffer size". */
const spaced = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Limits are powers of two; other sizes are not. */
const binary = (value: number) =>
  value >= 2 ** 30
    ? `${number(value / 2 ** 30, 3)} GiB`
    : value >= 2 ** 20
      ? `${value / 2 ** 20} MiB`
      : value >= 1024
        ? `${value / 1024} KiB`
        : bytes(value);
