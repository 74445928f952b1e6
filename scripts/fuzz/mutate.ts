// Seeded damage: to bytes as disks and downloads do it, and to JSON as somebody would who means harm.

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export type Random = () => number;

/** @param seed a whole number */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0, below `end`. */
export function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}

/** One of a list, which must not be empty. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new Error('Nothing to pick from.');
  return item;
}

/** Where programs add, multiply and compare wrongly. */
const edges = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

type ByteDamage = (bytes: Buffer, random: Random) => Buffer;

const byteDamages: readonly ByteDamage[] = [
  (bytes, random) => changed(bytes, copy => copy.set([below(random, 256)], below(random, copy.length))),
  (bytes, random) =>
    changed(bytes, copy => {
      const at = below(random, copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
    }),
  (bytes, random) =>
    changed(bytes, copy => {
      const size = Math.min(copy.length, pick(random, [1, 2, 4]));
      const value = pick(random, edges) % 256 ** size;
      const at = below(random, copy.length - size + 1);
      if (random() < 0.5) copy.writeUIntLE(value, at, size);
      else copy.writeUIntBE(value, at, size);
    }),
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  (bytes, random) => {
    const [start, length] = someRange(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)]);
  },
  (bytes, random) => {
    const [start, length] = someRange(bytes, random);
    return Buffer.concat([bytes.subarray(0, start + length), bytes.subarray(start)]);
  },
  (bytes, random) => {
    const [start, length] = someRange(bytes, random);
    return changed(bytes, copy =>
      copy.fill(pick(random, [0, 0xff, below(random, 256)]), start, start + length),
    );
  },
];

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) change(copy);
  return copy;
}

/** Short ranges more often than long ones; headers, where formats say what they are, more often than the rest. */
function someRange(bytes: Buffer, random: Random): readonly [start: number, length: number] {
  const start = below(random, random() < 0.5 ? Math.min(512, bytes.length) : bytes.length);
  return [start, Math.ceil((bytes.length - start) * random() ** 4)];
}

/** Bytes with one to four damages. */
export function damageBytes(bytes: Buffer, random: Random): Buffer {
  let damaged = bytes;
  for (let count = 1 + below(random, 4); count > 0; count--)
    damaged = pick(random, byteDamages)(damaged, random);
  return damaged;
}

const oddNames = ['__proto__', 'constructor', 'toString', 'valueOf', 'length', '', '../../escaped', 'name'];

function oddValue(random: Random): unknown {
  return pick<() => unknown>(random, [
    () => null,
    () => pick(random, [0, -1, 1.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 4_294_967_296]),
    () =>
      pick(random, [
        '',
        '../../escaped',
        '/etc/escaped',
        '\0',
        'x'.repeat(100_000),
        '\ud800',
        '[1,2]',
        'NaN',
      ]),
    () => pick(random, [true, false]),
    () => [],
    () => ({}),
    () => deepList(pick(random, [10, 400, 1000])),
    () => Array.from({ length: 1000 }, (_, i) => i),
    () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
  ])();
}

function deepList(depth: number): unknown {
  let list: unknown = [];
  for (let i = 0; i < depth; i++) list = [list];
  return list;
}

/** JSON with one to three values replaced, left out, doubled, renamed or exchanged. */
export function damageJson(value: unknown, random: Random): unknown {
  const copy: unknown = structuredClone(value);
  let result = copy;
  for (let count = 1 + below(random, 3); count > 0; count--) {
    const places = [...containersOf(result)];
    if (places.length === 0 || random() < 0.01) result = oddValue(random);
    else damageIn(pick(random, places), places, random);
  }
  return result;
}

type Container = unknown[] | Record<string, unknown>;

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function* containersOf(root: unknown): Generator<Container> {
  const open = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (!isContainer(value)) continue;
    yield value;
    open.push(...Object.values(value));
  }
}

function damageIn(container: Container, others: readonly Container[], random: Random): void {
  const keys = Object.keys(container);
  const key = keys.length === 0 ? pick(random, oddNames) : pick(random, keys);
  const action = below(random, 5);
  if (action === 0) Reflect.deleteProperty(container, key);
  else if (action === 1) define(container, key, oddValue(random));
  else if (action === 2) define(container, pick(random, oddNames), own(container, key));
  else if (action === 3) define(container, key, structuredClone(pick(random, others)));
  else define(container, key, numberNear(own(container, key), random));
}

function own(container: Container, key: string): unknown {
  return Object.hasOwn(container, key) ? Reflect.get(container, key) : null;
}

function numberNear(value: unknown, random: Random): unknown {
  return typeof value === 'number'
    ? pick(random, [value + 1, value - 1, -value, value * 1000, value / 2])
    : oddValue(random);
}

/** As JSON.parse does it: a member called `__proto__` is one like others. */
function define(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container) && key === 'length') return;
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The text of a JSON file, its values damaged, or now and then its letters. */
export function damageJsonText(text: string, random: Random): Buffer {
  if (random() < 0.2) return damageBytes(Buffer.from(text), random);
  const damaged = damageJson(JSON.parse(text), random);
  try {
    return Buffer.from(JSON.stringify(damaged) ?? '');
  } catch (error) {
    // Deep lists that were put into each other have no text.
    if (error instanceof RangeError) return damageJsonText(text, random);
    throw error;
  }
}
