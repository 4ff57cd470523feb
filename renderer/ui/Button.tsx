import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import css from './Button.module.css';
import { Tip } from './Tip.tsx';
import { cx } from './cx.ts';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** At most one filled button per screen: `primary` is the thing a person most likely wants next. */
  readonly kind?: 'plain' | 'primary' | 'ghost' | 'danger';
  readonly size?: 'sm' | 'md' | 'lg';
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = 'plain', size = 'md', className, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={cx(css.btn, kind === 'primary' && css.primary, kind === 'ghost' && css.ghost, kind === 'danger' && css.danger,
        size === 'lg' && css.lg, size === 'sm' && css.sm, className)}
      {...rest}
    />
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'aria-label'> {
  /** Read aloud, and shown as the tooltip: an icon alone explains nothing. */
  readonly label: string;
  readonly keys?: string | undefined;
  readonly tiny?: boolean;
  readonly starred?: boolean;
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, keys, tiny, starred, className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <Tip text={label} keys={keys}>
      <button type={type} aria-label={label} className={cx(css.icon, tiny && css.tiny, starred && css.starred, className)} {...rest} />
    </Tip>
  );
}
