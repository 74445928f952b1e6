// Damages a JPEG at a random place, in one of the ways in which files get damaged; the same number, the same damage.

/** @param number which damage */
export function damageJpeg(jpeg: Buffer, number: number): Buffer {
  const random = randomNumbers(number);
  const below = (limit: number) => Math.floor(random() * limit);
  // Behind the tables of a small file.
  const at = 700 + below(jpeg.length - 704);
  const rest = jpeg.subarray(at);
  const before = jpeg.subarray(0, at);
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => below(256)));
  const replaced = (bytes: Buffer) =>
    Buffer.concat([
      before,
      bytes.subarray(0, Math.max(0, rest.length - 2)),
      rest.subarray(Math.min(bytes.length, rest.length - 2)),
    ]);
  const ways = [
    () => replaced(noise(1)),
    () => replaced(noise(8)),
    () => replaced(noise(40)),
    () => replaced(Buffer.alloc(1 + below(500))),
    () => Buffer.concat([before, rest.subarray(Math.min(rest.length - 2, 1 + below(100)))]),
    () => Buffer.concat([before, noise(1 + below(20)), rest]),
    () => before,
  ];
  return ways[number % ways.length]!();
}

/** Numbers from 0 to 1, less 1. */
function randomNumbers(seed: number): () => number {
  let state = seed + 12345;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
  for (let i = 0; i < 5; i++) next();
  return next;
}
