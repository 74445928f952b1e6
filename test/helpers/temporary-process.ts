// Makes a temporary folder beside PREFIX with a file in it, says where, and is killed: temporary-process.ts PREFIX [FOLDER]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolderAt } from '../../src/system/temporary-folder.js';

const [prefix = '', folder = 'new'] = process.argv.slice(2);
const { path } = makeTemporaryFolderAt(prefix);
mkdirSync(join(path, folder));
writeFileSync(join(path, folder, 'run.json'), 'of the killed process');
process.kill(process.pid, 'SIGKILL');
