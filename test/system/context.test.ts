// What a caller of the library may do to the work: listen to it, and stop it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Callbacks, streamWithContext, withContext } from '../../src/system/context.js';

const notice = { type: 'notice', message: 'hello' } as const;

/** Works until it is stopped. */
const endless = ({ signal }: { readonly signal: AbortSignal }) =>
  new Promise<never>((_, reject) => {
    const stop = () => reject(new Error('a step was stopped'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });

test('the listener hears of events, and the result comes through', async () => {
  const heard: unknown[] = [];
  const result = await withContext({ onEvent: event => void heard.push(event) }, async ({ emit }) => {
    emit(notice);
    return 7;
  });
  assert.equal(result, 7);
  assert.deepEqual(heard, [notice]);
});

test('an aborted signal stops the work, and the promise rejects with an AbortError, whatever the step throws', async () => {
  const stop = new AbortController();
  const working = withContext({ signal: stop.signal }, endless);
  stop.abort('enough');
  await assert.rejects(working, { name: 'AbortError', cause: 'enough' });
});

test('an abort that comes when the work is done changes nothing: what was saved is told', async () => {
  const stop = new AbortController();
  const working = withContext({ signal: stop.signal }, async () => {
    stop.abort();
    return 'saved';
  });
  assert.equal(await working, 'saved');
});

test('what a listener throws of the last event rejects all the same', async () => {
  const onEvent = () => {
    throw new Error('mine');
  };
  const working = withContext({ onEvent }, async ({ emit }) => emit(notice));
  await assert.rejects(working, /mine/);
});

test('work whose signal is aborted already does not begin', async () => {
  let hasBegun = false;
  const working = withContext({ signal: AbortSignal.abort() }, async () => {
    hasBegun = true;
  });
  await assert.rejects(working, { name: 'AbortError' });
  assert.equal(hasBegun, false);
});

test('what the listener throws stops the work and is what the promise rejects with', async () => {
  const mine = new Error('mine');
  const onEvent = () => {
    throw mine;
  };
  const working = withContext({ onEvent }, async context => {
    context.emit(notice);
    return endless(context);
  });
  await assert.rejects(working, error => error === mine);
});

test('so does what an async listener throws', async () => {
  const working = withContext({ onEvent: async () => Promise.reject(new Error('mine')) }, async context => {
    context.emit(notice);
    return endless(context);
  });
  await assert.rejects(working, /mine/);
});

test('results that come one by one are stopped between two of them', async () => {
  const stop = new AbortController();
  const numbers = streamWithContext({ signal: stop.signal }, async function* () {
    yield 1;
    yield 2;
  });
  assert.deepEqual(await numbers.next(), { value: 1, done: false });
  stop.abort();
  await assert.rejects(numbers.next(), { name: 'AbortError' });
});

test('whoever takes no more results lets the work clean up', async () => {
  let isClosed = false;
  const numbers = streamWithContext({}, async function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      isClosed = true;
    }
  });
  for await (const _ of numbers) break;
  assert.ok(isClosed);
});

const wrongCallbacks: readonly (readonly [what: string, value: unknown, received: RegExp])[] = [
  ['a misspelt name', { onEvnt: () => undefined }, /onEvnt/],
  ['null', null, /a value/],
  ['a listener that is no function', { onEvent: 1 }, /onEvent as number/],
  ['a signal that is none', { signal: new AbortController() }, /signal as object/],
];
for (const [what, value, received] of wrongCallbacks) {
  test(`a second argument with ${what} is refused`, async () => {
    const working = withContext(value as Callbacks, async () => 1);
    await assert.rejects(working, { code: 'bad-option', message: received });
  });
}
