import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react';
import { place } from './place.ts';

/**
 * A word with its exact definition a hover or a focus away. The tip stays while the pointer is on it and goes with
 * Escape; it is in the top layer, so no table or card cuts it off.
 */
export const Term = ({ children, meaning }: { children: ReactNode; meaning: string }) => {
  const id = useId();
  const anchor = useRef<HTMLButtonElement>(null);
  const tip = useRef<HTMLSpanElement>(null);

  const show = (): void => {
    if (tip.current === null || anchor.current === null || tip.current.matches(':popover-open')) return;
    tip.current.showPopover();
    place(anchor.current, tip.current, 'start', 0);
  };
  const hide = (): void => {
    if (tip.current?.matches(':popover-open')) tip.current.hidePopover();
  };
  const leave = (): void => {
    if (!anchor.current?.matches(':focus-visible')) hide();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') hide();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering is a convenience; the button inside does the same
    <span onMouseEnter={show} onMouseLeave={leave} onKeyDown={onKeyDown}>
      <button ref={anchor} type="button" className="term" aria-describedby={id} onFocus={show} onBlur={hide}>
        {children}
      </button>
      <span ref={tip} id={id} role="tooltip" popover="manual" className="over tip">
        <span>{meaning}</span>
      </span>
    </span>
  );
};
