// Choosing an engine and starting it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { startEngine } from '../../src/engines/start.js';

test('the wasm engine starts anywhere and computes', async () => {
  const tf = await import('@tensorflow/tfjs-core');
  const engine = await startEngine('wasm');
  assert.deepEqual({ name: engine.name, device: engine.device }, { name: 'wasm', device: 'cpu' });
  assert.equal(tf.getBackend(), 'wasm');
  assert.deepEqual(Array.from(tf.tidy(() => tf.add([1, 2], [3, 4]).dataSync())), [4, 6]);
});

test('starting an engine prints nothing and leaves errors to their owner', () => {
  const program = `
    import { startEngine } from '${new URL('../../src/engines/start.js', import.meta.url)}';
    await startEngine('wasm');
    const tf = await import('@tensorflow/tfjs-core');
    tf.square([1]).dispose();
    process.stdout.write(String(process.listenerCount('uncaughtException')));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  assert.equal(output, '0');
});
