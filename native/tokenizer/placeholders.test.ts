import { describe, expect, it } from 'vitest';
import { editPrompt, generationChat, understandingChat } from './chatTemplate.ts';
import { expandImages, layoutSequence } from './placeholders.ts';

describe('layoutSequence', () => {
  const options = { padId: 9, maxLength: 100 };

  it('gives each picture its visual tokens', () => {
    const ids = expandImages([1, -200, 2, -200]);
    expect(ids).toEqual([1, -301, -300, -302, 2, -301, -300, -302]);
    const layout = layoutSequence(ids, [2, 1], options);
    expect([...layout.ids]).toEqual([1, -301, -300, -300, -302, 2, -301, -300, -302]);
    expect(layout).toMatchObject({ cut: 0, visualCut: 0 });
  });

  it('masks pad tokens typed by the user', () => {
    expect([...layoutSequence([1, 9, -301], [], options).attentionMask]).toEqual([1, 0, 1]);
  });

  it('keeps the last rows, and says how many visual tokens fell', () => {
    const layout = layoutSequence(expandImages([1, -200, 2]), [4], { padId: 9, maxLength: 4 });
    expect([...layout.ids]).toEqual([-300, -300, -302, 2]);
    expect(layout).toMatchObject({ cut: 4, visualCut: 2 });
  });

  it('refuses a typed placeholder without a picture', () => {
    expect(() => layoutSequence(expandImages([-200, -200]), [1], options)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});

describe('chats', () => {
  it('earlier answers carry the empty thought', () => {
    const chat = generationChat('And now?', [
      { role: 'user', text: 'Hi' },
      { role: 'assistant', text: 'Yes.' },
    ]);
    expect(chat).toBe(
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\nYes.<|im_end|>\n' +
        '<|im_start|>user\nAnd now?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n',
    );
    expect(() => generationChat('x', [{ role: 'assistant', text: 'y' }])).toThrow(/alternate/);
    expect(() => generationChat('x', [{ role: 'user', text: 'y' }])).toThrow(/end with an answer/);
  });

  it('pictures of a longer chat stand in its first turn, unless a turn says where', () => {
    const history = [
      { role: 'user', text: 'What is it?' },
      { role: 'assistant', text: 'A cat.' },
    ] as const;
    expect(understandingChat('Which colour?', 1, history)).toContain('user\n<image>\nWhat is it?');
    expect(understandingChat('And <image>?', 1, history)).toContain('user\nWhat is it?');
    expect(() => understandingChat('<image>', 2)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });

  it('an instruction is stripped as Python strips', () => {
    expect(editPrompt('\x1f\u3000 make it red \x85')).toBe('<image>\nmake it red');
    expect(editPrompt('\ufeffx')).toBe('<image>\n\ufeffx');
    expect(editPrompt('x', 2)).toBe('<image>\n<image>\nx');
  });
});
