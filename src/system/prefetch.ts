// Work that is begun before its result is needed, in order, a bounded number at a time.

/** How much is begun, and what ends it. */
export interface PrefetchOptions {
  /** How many more are under way while the result of one is used. */
  readonly count: number;
  /** Checked before each result. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields `work(item)` for every item, in order.
 * @throws the signal's reason once it is aborted; what is under way then ends unheard
 */
export async function* prefetch<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  { count, signal }: PrefetchOptions,
): AsyncGenerator<Result> {
  const waiting: Promise<Result>[] = [];
  const next = async () => {
    const result = await waiting.shift();
    signal?.throwIfAborted();
    return result as Result;
  };
  for await (const item of items) {
    signal?.throwIfAborted();
    const started = work(item);
    // A failure is thrown where the result is awaited; until then it must not count as unhandled.
    started.catch(() => undefined);
    waiting.push(started);
    if (waiting.length > count) yield await next();
  }
  while (waiting.length > 0) yield await next();
}
