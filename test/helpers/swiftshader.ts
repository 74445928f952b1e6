// WebGPU without a GPU: SwiftShader, the Vulkan in software that Debian's chromium package brings.
import { existsSync } from 'node:fs';

const folder = '/usr/lib/chromium';

/** What a process needs in its environment to find it. */
export const swiftShader = {
  VK_ICD_FILENAMES: `${folder}/vk_swiftshader_icd.json`,
  LD_LIBRARY_PATH: folder,
};

/** Why tests that need it are skipped; false where it is there. */
export const withoutSwiftShader = existsSync(swiftShader.VK_ICD_FILENAMES)
  ? (false as const)
  : `no ${swiftShader.VK_ICD_FILENAMES}: apt-get install chromium brings it`;
