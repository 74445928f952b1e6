// A real browser without a window: Chromium, where one is installed.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

/** The browser's program, or undefined where there is none. */
export const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  name => spawnSync(name, ['--version']).status === 0,
);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
};

/** Tells the server the first text that the page puts into `#label`, or the error that stops it. */
const reporter = `<script>
  const say = body => fetch('/said', { method: 'POST', body });
  const label = document.querySelector('#label');
  new MutationObserver(() => say(label.textContent)).observe(label, { childList: true });
  addEventListener('error', event => say(event.message));
  addEventListener('unhandledrejection', event => say(String(event.reason)));
</script>`;

/**
 * Opens a page in the browser.
 * @param page its HTML, with an element `#label`
 * @param fileAt the file that an address stands for, e.g. for `/model/model.json`
 * @returns the first text that the page puts into `#label`, or the error that stops it
 */
export async function openPage(page: string, fileAt: (address: string) => string): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'finetune-browser-'));
  let hear: (said: string) => void;
  const heard = new Promise<string>(resolve => {
    hear = resolve;
  });
  const server = createServer(async (request, response) => {
    const address = request.url ?? '/';
    if (request.method === 'POST') {
      hear(await text(request));
      response.end();
    } else if (address === '/') {
      response.setHeader('Content-Type', types['.html']!).end(page + reporter);
    } else if (existsSync(fileAt(address))) {
      response.setHeader('Content-Type', types[extname(address)] ?? 'application/octet-stream');
      createReadStream(fileAt(address)).pipe(response);
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`, url];
  const browser = spawn(chromium!, flags, { stdio: 'ignore' });
  const closed = once(browser, 'close').then(() => 'the browser closed without a word');
  try {
    return await Promise.race([heard, closed]);
  } finally {
    browser.kill();
    await closed;
    server.closeAllConnections();
    server.close();
    await removeProfile(profile);
  }
}

/** The browser's helpers may write there for a while yet: what is new is looked for each time, which `maxRetries` does not. */
async function removeProfile(profile: string): Promise<void> {
  for (let left = 50; ; left--) {
    try {
      rmSync(profile, { recursive: true, force: true });
      return;
    } catch (error) {
      if (left === 0) throw error;
      await setTimeout(100);
    }
  }
}
