/** What stands in the chart before its first point: what to do, and what can be dropped. */
interface Props {
  readonly running: boolean;
  /** Why Run cannot be pressed; null where it can. */
  readonly why: string | null;
}

export function ChartEmpty({ running, why }: Props) {
  return (
    <div className="chart-empty">
      <p>
        <span>
          {running
            ? 'The first point comes after its first window.'
            : (why ?? 'Try it: press Run, and the curve draws itself here.')}
        </span>
        {!running && (
          <span className="hint">
            Or drop something anywhere on this page: a Hugging Face folder (config.json, tokenizer.json and .safetensors
            files), a text to measure on (.txt, .jsonl), or a saved log (.ndjson).
          </span>
        )}
      </p>
    </div>
  );
}
