/** More pixels than this are refused, in files before they are decoded and in what is made from them. */
export const maxPixels = 64_000_000;
