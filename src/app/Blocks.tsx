/** Parts of a checkpoint by size. */
import type { BlockSize } from '../model/card';
import { bytes } from '../store/format';

export function Blocks({ blocks }: { readonly blocks: readonly BlockSize[] }) {
  const largest = Math.max(...blocks.map((block) => block.bytes));
  return (
    // A long list scrolls; the focus makes that possible by keyboard.
    <ul className="blocks" tabIndex={0} aria-label="Sizes">
      {blocks.map((block) => (
        <li key={block.name}>
          <span>{block.name}</span>
          <meter min={0} max={largest} value={block.bytes} aria-label={`${block.name}: ${bytes(block.bytes)}`} />
          <span className="figure">{bytes(block.bytes)}</span>
        </li>
      ))}
    </ul>
  );
}
