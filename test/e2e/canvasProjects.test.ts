/** Projects: what stays with one, a file of one on another machine, a second page at the same one. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { differing, scene, soon } from './canvasPage.ts';
import { canvasPages, skipped } from './canvasPages.ts';

describe.skipIf(skipped !== undefined)('projects', () => {
  const pages = canvasPages();

  it('a project file opens in another studio with its layers, mask, waiting result and undo', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await canvas.canvas.focus();
    await page.keyboard.press('b');
    await canvas.drag([[40, 40], [80, 60]]);
    const mask = await canvas.digest('Mask 1');
    await canvas.set('Steps', 1);
    await canvas.run('make the sphere blue');
    await canvas.staged();
    const before = await canvas.exported();
    await canvas.canvas.focus();
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    expect(download.suggestedFilename()).toMatch(/\.ovis$/);
    const file = await readFile(await download.path());

    const other = await pages.alone(pages.dir());
    await other.drop('edit', [{ name: 'carried.ovis', bytes: file, type: '' }]);
    await soon(() => other.layers.count()).toBe(2);
    await soon(() => other.digest('Mask 1')).toBe(mask);
    expect(differing(before, await other.exported())).toBe(0);
    await other.accept();
    await soon(() => other.layers.count()).toBe(3);
  }, 240_000);

  it('prompt and settings stay with their project, over a reload and a change of project', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    const project = page.getByTestId('project');
    const prompt = page.locator('[data-prompt]');
    const first = (await project.textContent()) ?? '';
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await canvas.set('Steps', 7);
    await prompt.fill('make the sphere gold');
    await page.reload();
    await canvas.ready();
    await soon(() => prompt.inputValue()).toBe('make the sphere gold');
    expect(await page.getByRole('button', { name: 'Edit', exact: true }).first().getAttribute('aria-pressed')).toBe('true');
    await soon(() => page.getByRole('spinbutton', { name: 'Steps' }).inputValue()).toBe('7');
    await canvas.newProject();
    await soon(() => prompt.inputValue()).toBe('');
    expect(await page.getByRole('spinbutton', { name: 'Steps' }).inputValue()).not.toBe('7');
    await project.click();
    await page.getByRole('menuitem', { name: first, exact: true }).click();
    await soon(() => prompt.inputValue()).toBe('make the sphere gold');
  });

  it('Ctrl+K finds another project by its name', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    const project = page.getByTestId('project');
    const first = (await project.textContent()) ?? '';
    await canvas.newProject();
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette').waitFor();
    await page.keyboard.type(first);
    await page.getByTestId('palette').getByRole('group', { name: 'Open a project' }).getByRole('option', { name: first, exact: true }).click();
    await soon(() => project.textContent()).toBe(first);
  });

  it('a second page reads what the first one writes, takes over, and the first one reads from then on', async () => {
    const first = await pages.open();
    await first.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await soon(() => first.page.getByTestId('saved').textContent()).toMatch(/^Saved/);
    const second = await pages.another();
    await soon(() => second.layers.count()).toBe(1);
    await soon(() => second.page.getByTestId('saved').textContent()).toBe('Reading only');
    await second.canvas.focus();
    await second.page.keyboard.press('Delete');
    await second.page.getByText('Take it over to change it here').waitFor();
    await second.shot('canvas-second-page');
    expect(await second.layers.count()).toBe(1);
    await second.page.getByRole('button', { name: 'Take over' }).click();
    await soon(() => first.page.getByTestId('saved').textContent()).toBe('Reading only');
    await second.canvas.focus();
    await second.page.keyboard.press('b');
    await second.drag([[40, 40], [80, 60]]);
    await soon(() => second.layers.count()).toBe(2);
    await soon(() => second.page.getByTestId('saved').textContent()).toMatch(/^Saved/);
    // What the other one did is seen as soon as it is taken over again.
    await first.page.getByRole('button', { name: 'Take over' }).click();
    await soon(() => first.layers.count()).toBe(2);
    await soon(() => second.page.getByTestId('saved').textContent()).toBe('Reading only');
    // Loaded anew it goes on writing, whoever reads.
    await first.page.reload();
    await first.ready();
    await soon(() => first.page.getByTestId('saved').textContent()).toMatch(/saved/i);
    expect(await second.page.getByTestId('saved').textContent()).toBe('Reading only');
    // Closed, it says goodbye: the next one writes at once, before the readers hear that nobody does.
    await first.page.close();
    const third = await pages.another();
    await soon(() => third.page.getByTestId('saved').textContent()).toMatch(/saved/i);
    expect(await second.page.getByTestId('saved').textContent()).toBe('Reading only');
  }, 240_000);
});
