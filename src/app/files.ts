/** From drops and pickers to files with their paths. Entries and handles must be asked for while the drop event is being handled. */
import type { SourceFile } from '../store/dropped';

/** Most files that a dropped folder may have: a whole disk was not meant. */
const maxFiles = 5000;

export function filesOfInput(input: HTMLInputElement): SourceFile[] {
  const files = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
  // So that choosing the same files again is a change.
  input.value = '';
  return files;
}

/** Starts reading in this very call; the promise brings the files. */
export function filesOfDrop(transfer: DataTransfer): Promise<SourceFile[]> {
  const plain = [...transfer.files];
  // Items become invalid when the event is over: ask all of them now, await later.
  const asked = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  return gather(asked, plain);
}

async function gather(
  asked: readonly { entry: FileSystemEntry | null; file: File | null }[],
  plain: readonly File[],
): Promise<SourceFile[]> {
  const found: SourceFile[] = [];
  for (const { entry, file } of asked) {
    if (entry) await walk(entry, '', found);
    else if (file) found.push({ path: file.name, blob: file });
  }
  return found.length ? found : plain.map((file) => ({ path: file.name, blob: file }));
}

async function walk(entry: FileSystemEntry, folder: string, found: SourceFile[]): Promise<void> {
  if (found.length >= maxFiles) return;
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path, blob: file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives about 100 entries at a time, and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await walk(child, `${path}/`, found);
  }
}
