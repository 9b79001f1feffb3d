import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { describedMetrics, type MetricsOfService, metricsPage } from './observability-metrics.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const rulesFile = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.object({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
        }),
      ),
    }),
  ),
});
const alerts = rulesFile.parse(parse(read('infra/alerts/cartledger.rules.yml'))).groups.flatMap(({ rules }) => rules);

const dashboardFile = z.object({
  uid: z.string(),
  panels: z.array(
    z.object({
      id: z.number(),
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.object({ expr: z.string() })).default([]),
    }),
  ),
});
const { panels } = dashboardFile.parse(JSON.parse(read('infra/grafana/cartledger.json')));

/** Grafana puts a duration there. */
const plain = (expr: string): string => expr.replaceAll('$__rate_interval', '5m');
const expressions = [
  ...alerts.map(({ alert, expr }) => ({ where: alert, expr })),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: title, expr: plain(expr) }))),
];

let dir: string;
let services: MetricsOfService[];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-metrics-'));
  services = await describedMetrics(dir);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Metric names that an expression selects; throws where it is no PromQL. */
const metricsIn = (expr: string): string[] => {
  const names: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${expr}`);
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector')
        names.push(expr.slice(node.from, node.to));
    },
  });
  return names;
};

test('docs/metrics.md describes every metric of every service, as the services describe them', async () => {
  // Written anew by: vitest run --project integration test/integration/observability.test.ts -u
  await expect(metricsPage(services)).toMatchFileSnapshot('../../docs/metrics.md');
});

test('metrics are named as Prometheus names them', () => {
  for (const { name, type, help, labels } of services.flatMap(({ metrics }) => metrics)) {
    expect(name).toMatch(/^cartledger_(collector|ingest|aggregator|api)_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total'), `${name} is a ${type}`).toBe(type === 'counter');
    if (type === 'histogram') expect(name, 'a histogram says its unit').toMatch(/_(seconds|rows|bytes)$/);
    expect(help.trim(), name).not.toBe('');
    expect(help, `${name}: one line, no full stop`).not.toMatch(/\n|\.$/);
    expect(labels, `${name}: no label that a sender chooses`).not.toContain('store_id');
  }
});

test('what is no PromQL is noticed, and what an expression selects is found', () => {
  expect(metricsIn('sum by (a) (rate(x_total{b="c"}[5m])) / on () group_left () y')).toEqual(['x_total', 'y']);
  expect(() => metricsIn('sum(rate(x_total[5m])')).toThrow('no PromQL');
});

test('every expression of the dashboard and the alerts is PromQL over metrics that exist', () => {
  const exposed = new Set(['up', 'process_cpu_seconds_total', 'process_resident_memory_bytes']);
  for (const { name, type } of services.flatMap(({ metrics }) => metrics)) {
    if (type !== 'histogram') exposed.add(name);
    else for (const suffix of ['bucket', 'sum', 'count']) exposed.add(`${name}_${suffix}`);
  }
  expect(expressions.length).toBeGreaterThan(80);
  for (const { where, expr } of expressions) {
    const unknown = metricsIn(expr).filter((name) => !exposed.has(name));
    expect({ where, unknown }).toEqual({ where, unknown: [] });
  }
});

test('every alert has a name of its own and a runbook that is of it', () => {
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  for (const { alert, annotations } of alerts)
    expect(read(annotations.runbook_url), `${annotations.runbook_url} does not name it`).toContain(`\`${alert}\``);
});

test('the dashboard has rows for ingest, collector and aggregation, and no two panels on one place', () => {
  expect(panels.map(({ title }) => title)).toEqual(expect.arrayContaining(['Ingest', 'Collector', 'Aggregation']));
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});

test('Prometheus scrapes every service of docker-compose.yml on the port where it listens', () => {
  const scraped = z
    .object({
      scrape_configs: z.array(
        z.object({
          job_name: z.string(),
          static_configs: z.array(z.object({ targets: z.array(z.string()) })).default([]),
          dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.number() })).default([]),
        }),
      ),
    })
    .parse(parse(read('infra/prometheus/prometheus.yml')))
    .scrape_configs.flatMap(({ static_configs, dns_sd_configs }) => [
      ...static_configs.flatMap(({ targets }) => targets),
      ...dns_sd_configs.flatMap(({ names, port }) => names.map((name) => `${name}:${port}`)),
    ]);
  const compose = read('docker-compose.yml');
  const listening = [...compose.matchAll(/SERVICE: (\w+), PORT: "(\d+)"/g)].map(([, name, port]) => `${name}:${port}`);
  expect(new Set(scraped)).toEqual(new Set(listening));
  expect(scraped.length).toBe(listening.length);
});
