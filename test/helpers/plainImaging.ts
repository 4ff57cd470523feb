/** Takes any bytes for a small PNG: for tests of files and rows that are not about pictures. */
export const plainImaging = {
  inspect: async (_input: Uint8Array | string, edge: number) => ({
    mime: 'image/png', width: 8, height: 8, thumbnail: edge === 0 ? undefined : new Uint8Array(200),
  }),
};
