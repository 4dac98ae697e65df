/** Something that is made when it is first asked for. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Something that is made late and freed with the block it was declared in. */
export class Holder<T extends Disposable> implements Disposable {
  value: T | undefined;
  [Symbol.dispose](): void {
    this.value?.[Symbol.dispose]();
  }
}
