// Puts things that need each other into an order in which they can be done. Not what they are.

import { FinetuneError } from '../errors.js';

/** Something that can be done once all that it needs is there. */
export interface Task {
  /** What others need it by; unique. */
  readonly key: string;
  /** Keys of other tasks, or of what is given. */
  readonly needs: readonly string[];
  /** For messages, e.g. `"conv1" in "block"`. */
  readonly place: string;
}

/**
 * Tasks after all that they need, otherwise in the order of the list. Each task is looked at once per thing it needs.
 * @param given keys that are there from the start
 * @throws FinetuneError `bad-model` where something is missing, or tasks need each other in a ring
 */
export function inOrderOfNeed<T extends Task>(tasks: readonly T[], given: Iterable<string> = []): T[] {
  const done = new Set(given);
  const waiting = new Map<string, T[]>();
  const ordered: T[] = [];
  for (const task of tasks) {
    const ready = [task];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const missing = next.needs.find(key => !done.has(key));
      if (missing !== undefined) {
        const others = waiting.get(missing);
        if (others === undefined) waiting.set(missing, [next]);
        else others.push(next);
        continue;
      }
      ordered.push(next);
      done.add(next.key);
      ready.push(...(waiting.get(next.key) ?? []).toReversed());
      waiting.delete(next.key);
    }
  }
  if (waiting.size > 0) throw cannotOrder(tasks, waiting);
  return ordered;
}

function cannotOrder(tasks: readonly Task[], waiting: ReadonlyMap<string, readonly Task[]>): FinetuneError {
  const known = new Set(tasks.map(({ key }) => key));
  const orphans = [...waiting].filter(([key]) => !known.has(key)).flatMap(([, users]) => users);
  const concerned = orphans.length > 0 ? orphans : [...waiting.values()].flat();
  const places = [...new Set(concerned.map(({ place }) => place))];
  const shown = [...places.slice(0, 3), ...(places.length > 3 ? ['...'] : [])].join(', ');
  const fault =
    orphans.length > 0
      ? `The inputs of ${shown} are missing in the model.`
      : `The inputs of ${shown} form a ring: each waits for another.`;
  return new FinetuneError('bad-model', `${fault} The file is damaged.`);
}
