import { ChevronsLeftRight } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { cx } from '../ui/cx.ts';
import { fit, zoomAbout } from './zoom.ts';
import type { Box, Placement } from './zoom.ts';
import css from './Zoom.module.css';

export interface Layer {
  readonly url: string;
  readonly alt: string;
  readonly label?: string;
}

/**
 * A picture that can be zoomed and panned; with a second one beneath it, the line between them can be dragged.
 * `split` is where the line stands, 0 to 1; `flipped` shows the second one whole.
 */
export function Zoom({ picture, after, before, split, onSplit, flipped, blend, placement, onPlacement }: {
  readonly picture: Box;
  readonly after: Layer;
  readonly before?: Layer | undefined;
  readonly split?: number | undefined;
  readonly onSplit?: ((split: number) => void) | undefined;
  readonly flipped?: boolean;
  /** Draws the difference of the two instead of the line. */
  readonly blend?: boolean;
  readonly placement: Placement | undefined;
  readonly onPlacement: (placement: Placement) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Box>({ width: 0, height: 0 });
  const now = placement ?? fit(picture, size);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    setSize({ width: element.clientWidth, height: element.clientHeight });
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const rect = element.getBoundingClientRect();
      onPlacement(zoomAbout(now, Math.exp(-event.deltaY * 0.0015), event.clientX - rect.left, event.clientY - rect.top));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  });

  const drag = useRef<{ readonly x: number; readonly y: number; readonly from: Placement }>(undefined);
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, y: event.clientY, from: now };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const begun = drag.current;
    if (begun !== undefined) onPlacement({ ...begun.from, x: begun.from.x + event.clientX - begun.x, y: begun.from.y + event.clientY - begun.y });
  };
  const end = (): void => { drag.current = undefined; };
  const lineX = (split ?? 0.5) * picture.width * now.scale + now.x;
  const moveLine = (event: PointerEvent): void => {
    const rect = box.current?.getBoundingClientRect();
    if (rect === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    onSplit?.(Math.max(0, Math.min(1, (event.clientX - rect.left - now.x) / (picture.width * now.scale))));
  };
  const onLineKey = (event: KeyboardEvent): void => {
    const by = event.shiftKey ? 0.1 : 0.01;
    const next = event.key === 'ArrowLeft' ? (split ?? 0.5) - by : event.key === 'ArrowRight' ? (split ?? 0.5) + by : event.key === 'Home' ? 0 : event.key === 'End' ? 1 : undefined;
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onSplit?.(Math.max(0, Math.min(1, next)));
  };
  const sliding = before !== undefined && split !== undefined && !flipped && !blend;
  const top = flipped && before !== undefined ? before : after;
  return (
    <div ref={box} className={cx(css.box)} onPointerDown={onPointerDown} onPointerMove={onPointerMove} onPointerUp={end} onPointerCancel={end} data-testid="zoom">
      {size.width > 0 && (
        <div className={cx(css.sheet, now.scale >= 3 && css.sharp)} style={{ width: picture.width, height: picture.height, transform: `translate(${now.x}px, ${now.y}px) scale(${now.scale})` }}>
          <img src={top.url} alt={top.alt} draggable={false} />
          {before !== undefined && blend && <img src={before.url} alt="" draggable={false} style={{ mixBlendMode: 'difference' }} />}
          {sliding && <div className={css.clip} style={{ clipPath: `inset(0 ${(1 - split) * 100}% 0 0)` }}><img src={before.url} alt={before.alt} draggable={false} /></div>}
        </div>
      )}
      {sliding && (
        <div
          className={css.handle} style={{ left: lineX }} role="slider" tabIndex={0} aria-label="Line between before and after" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(split * 100)}
          onPointerDown={(event) => { event.stopPropagation(); event.currentTarget.setPointerCapture(event.pointerId); }} onPointerMove={moveLine} onKeyDown={onLineKey}
        ><span><ChevronsLeftRight size={14} aria-hidden /></span></div>
      )}
      {before?.label !== undefined && (sliding || flipped) && <span className={cx(css.ab, css.left)}>{before.label}</span>}
      {before !== undefined && after.label !== undefined && !flipped && <span className={cx(css.ab, css.right)}>{after.label}</span>}
    </div>
  );
}
