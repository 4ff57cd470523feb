/** How the page looks and moves, on fake services: nothing serious for a screen reader, nothing lost, clipped or covered at any size. */
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { describe, expect, it } from 'vitest';
import { skipReason } from './browser.ts';
import { fakePages, place } from './fakePages.ts';
import { shots } from './studioPage.ts';

const skipped = skipReason();

describe.skipIf(skipped !== undefined)('how the page looks', () => {
  const { open } = fakePages();

  it.each(['dark', 'light'] as const)('has nothing serious for axe, %s', async (theme) => {
    const page = await open('history=120&stepMs=300');
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette').waitFor();
    await page.keyboard.type(`theme ${theme}`);
    await page.keyboard.press('Enter');
    await page.getByTestId('palette').waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe(theme);
    const found: string[] = [];
    const check = async (name: string): Promise<void> => {
      const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
      for (const one of violations) if (one.impact === 'serious' || one.impact === 'critical') found.push(`${name}: ${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
    };
    await place(page, 'Canvas');
    await page.keyboard.press('/');
    await page.keyboard.type('a dog and a red cone');
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('preview').waitFor();
    await check('canvas');
    await page.keyboard.press('Alt+q');
    await page.getByTestId('queue').waitFor();
    await check('queue');
    await page.keyboard.press('Escape');
    for (const name of ['Gallery', 'Ask', 'Models']) {
      await place(page, name);
      await page.waitForTimeout(200);
      await check(name);
    }
    await place(page, 'Gallery');
    await page.getByRole('option').first().click();
    await page.keyboard.press('g');
    await page.getByTestId('lineage').waitFor();
    await check('lineage');
    await place(page, 'Gallery');
    await page.getByRole('option').first().click();
    await page.getByRole('option').nth(1).click({ modifiers: ['Control'] });
    await check('gallery, two chosen');
    await page.keyboard.press('c');
    await page.getByRole('table').waitFor();
    await check('compare');
    await place(page, 'Gallery');
    await page.getByRole('option').first().click();
    await page.keyboard.press('Space');
    await page.getByTestId('viewer').waitFor();
    await check('viewer');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Delete');
    await page.getByText('Moved to the trash').waitFor();
    await check('toast');
    await page.getByRole('navigation', { name: 'Filters' }).getByRole('button', { name: /Trash/ }).click();
    await page.getByRole('option').first().click();
    await page.keyboard.press('Delete');
    await page.getByRole('dialog', { name: 'Delete for ever' }).waitFor();
    await check('delete for ever');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('re');
    await page.getByTestId('palette').waitFor();
    await check('palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+,');
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
    await check('settings');
    expect(found).toEqual([]);
  }, 180_000);

  it('stays whole at 200 % zoom: everything can be scrolled to', async () => {
    // A window of 1440 × 900 at 200 %.
    const page = await open('history=40', 720, 450);
    await place(page, 'Gallery');
    await page.getByRole('option').first().waitFor();
    const lost = await page.evaluate(() => {
      const out: string[] = [];
      for (const one of document.querySelectorAll<HTMLElement>('button, input:not([hidden]), textarea, [role=option]')) {
        if (one.closest('[hidden]') !== null || one.getClientRects().length === 0) continue;
        one.scrollIntoView({ block: 'center', inline: 'center' });
        const box = one.getBoundingClientRect();
        if (box.right < 1 || box.bottom < 1 || box.left > innerWidth - 1 || box.top > innerHeight - 1) out.push(one.getAttribute('aria-label') ?? one.textContent ?? one.tagName);
      }
      return out;
    });
    expect(lost).toEqual([]);
    await page.screenshot({ path: join(shots, 'gallery-zoomed.png') });
  });

  it('moves nothing for who wants no motion', async () => {
    const page = await open('history=40');
    await page.keyboard.press('Control+,');
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
    const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((one) => {
      const { transitionDuration, animationDuration } = getComputedStyle(one);
      return [transitionDuration, animationDuration].some((list) => list.split(',').some((time) => Number.parseFloat(time) > 0));
    }).map((one) => one.className));
    expect(moving).toEqual([]);
  });

  it.each([[1100, 700], [1440, 900], [2200, 1300]])('clips nothing sideways at %i', async (width, height) => {
    const page = await open('history=120', width, height);
    for (const name of ['Canvas', 'Gallery', 'Ask', 'Models']) {
      await place(page, name);
      await page.waitForTimeout(150);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(over, name).toBe(0);
      await page.screenshot({ path: join(shots, `${name.toLowerCase()}-${width}.png`) });
    }
  });

  it.each([[1100, 720], [1440, 900], [720, 450]])('tells things where they cover nothing that one clicks, at %i × %i', async (width, height) => {
    const page = await open('history=40', width, height);
    const covered = (): Promise<string[]> => page.evaluate(() => {
      const told = document.querySelector('[aria-label="Notifications"]');
      const box = told?.firstElementChild?.getBoundingClientRect();
      if (told === null || box === undefined) return ['nothing is told'];
      const under = new Set<string>();
      for (let x = box.left + 1; x < box.right; x += 6) {
        for (let y = box.top + 1; y < box.bottom; y += 4) {
          for (const one of document.elementsFromPoint(x, y)) {
            // What lies under the status bar is scrolled there, and cannot be clicked anyway.
            if (one.closest('footer') !== null) break;
            const target = told.contains(one) ? null : one.closest('button, input, textarea, a, canvas, [role=option], [role=treeitem], [role=spinbutton], [role=slider]');
            if (target !== null) under.add(target.getAttribute('aria-label') ?? target.textContent ?? target.tagName);
          }
        }
      }
      const out = box.left < 0 || box.right > innerWidth || box.bottom > innerHeight ? ['it is not whole'] : [];
      return [...out, ...under];
    });
    await place(page, 'Gallery');
    await page.getByRole('option').first().click();
    await page.keyboard.press('Delete');
    await page.getByText('Moved to the trash').waitFor();
    expect(await covered(), 'Gallery').toEqual([]);
    for (const name of ['Canvas', 'Ask', 'Models']) {
      await place(page, name);
      expect(await covered(), name).toEqual([]);
    }
    await page.screenshot({ path: join(shots, `told-${width}.png`) });
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByText('1 picture restored').waitFor();
  });
});
