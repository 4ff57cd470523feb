export const bundleFolder: string;
export const bundle: string;
export function isBundleFresh(): boolean;
