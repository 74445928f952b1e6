// Where files go that can be made again: downloads, the feature store.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * `$FINETUNE_CACHE`, else a folder of this program's own in the user's cache directory:
 * XDG's on Linux, `Library/Caches` on macOS, local application data on Windows.
 */
export function cacheDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.FINETUNE_CACHE) return resolve(environment.FINETUNE_CACHE);
  return join(userCacheDirectory(environment, platform), 'finetune');
}

function userCacheDirectory(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'win32') return environment.LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return environment.XDG_CACHE_HOME || join(homedir(), '.cache');
}
