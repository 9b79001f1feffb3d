/** Puts an open popover below its anchor (above where there is no room), inside the viewport whatever its width. */
export const place = (anchor: Element, over: HTMLElement, align: 'start' | 'end', gap: number): void => {
  const margin = 12;
  const from = anchor.getBoundingClientRect();
  const { width, height } = over.getBoundingClientRect();
  const right = document.documentElement.clientWidth - width - margin;
  const wanted = align === 'start' ? from.left : from.right - width;
  const below = from.bottom + gap;
  const fits = below + height + margin <= window.innerHeight || from.top < height + gap;
  over.style.left = `${Math.max(margin, Math.min(wanted, right))}px`;
  over.style.top = `${fits ? below : from.top - height - gap}px`;
};
