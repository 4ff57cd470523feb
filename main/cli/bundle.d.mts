export const bundleFolder: string;
export const bundle: string;
export const sumsName: string;
export function isOlder(path: string, than: number): boolean;
export function bundleState(): 'fresh' | 'stale' | 'damaged';
