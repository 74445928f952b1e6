// Where files go that can be made again.
import assert from 'node:assert/strict';
import test from 'node:test';
import { cacheDirectory } from '../../src/system/cache-directory.js';

for (const [environment, platform, expected] of [
  [{ FINETUNE_CACHE: '/caches/ours', XDG_CACHE_HOME: '/caches' }, 'linux', '/caches/ours'],
  [{ XDG_CACHE_HOME: '/caches' }, 'linux', '/caches/finetune'],
] as const) {
  test(`${JSON.stringify(environment)} on ${platform}: ${expected}`, () => {
    assert.equal(cacheDirectory(environment, platform), expected);
  });
}

test("without any of them it lies in the user's home", () => {
  assert.match(cacheDirectory({}, 'linux'), /\.cache\/finetune$/);
  assert.match(cacheDirectory({}, 'darwin'), /Library\/Caches\/finetune$/);
});
