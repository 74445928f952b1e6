// Work started ahead of its use, in order, a bounded number at a time.

/** Yields `work(item)` for every item in order; up to `ahead` more are under way while one is used. */
export async function* mapAhead<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  ahead: number,
): AsyncGenerator<Result> {
  const waiting: Promise<Result>[] = [];
  for (const item of items) {
    const started = work(item);
    // A failure is thrown where the result is awaited; until then it must not count as unhandled.
    started.catch(() => undefined);
    waiting.push(started);
    if (waiting.length > ahead) yield await waiting.shift()!;
  }
  for (const started of waiting) yield await started;
}
