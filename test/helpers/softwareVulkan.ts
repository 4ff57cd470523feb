/** A graphics card in software, as Chromium brings it: what a process needs in its environment to have one. */
import { existsSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where distributions put Chromium; STUDIO_VULKAN_DIR names another folder. */
const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/usr/lib64/chromium-browser', '/opt/google/chrome', '/snap/chromium/current/usr/lib/chromium-browser'];

export type SoftwareVulkan = { readonly env: Readonly<Record<string, string>> } | { readonly missing: string };

/** The environment for a child process (the loader reads it when it starts), or why there is none. */
export function softwareVulkan(): SoftwareVulkan {
  if (process.platform !== 'linux') return { missing: 'software Vulkan is looked for on Linux only' };
  const named = process.env['STUDIO_VULKAN_DIR'];
  const dir = (named === undefined ? folders : [named]).find((one) => existsSync(join(one, 'libvulkan.so.1')) && existsSync(join(one, 'vk_swiftshader_icd.json')));
  if (dir === undefined) return { missing: `no folder with libvulkan.so.1 and vk_swiftshader_icd.json: ${named ?? folders.join(', ')}` };
  return { env: { LD_LIBRARY_PATH: [loaderFolder(join(dir, 'libvulkan.so.1')), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'), VK_ICD_FILENAMES: join(dir, 'vk_swiftshader_icd.json') } };
}

/** A folder with the loader alone: beside it lie libraries of the browser's that nothing else should find. */
function loaderFolder(loader: string): string {
  const folder = join(tmpdir(), `ovis-studio-vulkan-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true });
  const link = join(folder, 'libvulkan.so.1');
  try {
    symlinkSync(loader, link);
  } catch (error) {
    if (readlinkSync(link) !== loader) throw error;
  }
  return folder;
}
