/** F6 walks the regions of the window: header, sides, the place itself, prompt, status. */
export function cycleRegion(by: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter((region) => region.offsetParent !== null || region.getClientRects().length > 0);
  if (regions.length === 0) return;
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + by + regions.length) % regions.length];
  const inside = next?.querySelector<HTMLElement>('[data-region-focus],textarea,input:not([type=hidden]):not([tabindex="-1"]),button:not(:disabled),[tabindex="0"]');
  (inside ?? next)?.focus();
}
