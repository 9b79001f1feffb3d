import type { EChartsType } from 'echarts/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Palette, readPalette } from '../theme/palette.ts';
import { useTheme } from '../theme/theme.ts';
import { init, type Option } from './echarts.ts';

export type Frame = { width: number; height: number; narrow: boolean; palette: Palette };
/** A chart is a function of its frame. Memoise it by its data: a new function redraws. */
export type Draw = (frame: Frame) => Option;

/** As in content.css: below it charts lie down. */
const NARROW = 760;
const still = window.matchMedia('(prefers-reduced-motion: reduce)');

const Canvas = ({ draw }: { draw: Draw }) => {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const { theme } = useTheme();
  const palette = useMemo(() => readPalette(theme), [theme]);

  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: Math.floor(entry.contentRect.width), height: Math.floor(entry.contentRect.height) });
    });
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);

  const drawnNarrow = useRef<boolean>(null);
  useEffect(() => {
    if (box.current === null || size === null || size.width === 0) return;
    const narrow = size.width < NARROW;
    // Standing and lying charts share no axes: merging one into the other would leave parts of both.
    if (drawnNarrow.current !== narrow) {
      chart.current?.dispose();
      chart.current = null;
    }
    drawnNarrow.current = narrow;
    chart.current ??= init(box.current, null, { renderer: 'svg', ...size });
    chart.current.resize({ ...size, silent: true });
    chart.current.setOption({
      animation: !still.matches,
      animationDuration: 350,
      animationDurationUpdate: 350,
      ...draw({ ...size, narrow, palette }),
    });
  }, [draw, size, palette]);

  return <div ref={box} className="chart-canvas" aria-hidden="true" />;
};

export default Canvas;
