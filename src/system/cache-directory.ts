// Where files go that can be made again: downloads, the feature store.

import { homedir, tmpdir } from 'node:os';
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
  if (platform === 'win32') return environment.LOCALAPPDATA || join(home(), 'AppData', 'Local');
  if (platform === 'darwin') return join(home(), 'Library', 'Caches');
  return environment.XDG_CACHE_HOME || join(home(), '.cache');
}

/** In a container a user may have neither HOME nor an entry in the list of users: then it is a folder of their own. */
function home(): string {
  try {
    return homedir();
  } catch {
    return join(tmpdir(), `finetune-home-${process.getuid?.() ?? 0}`);
  }
}
