import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createProgram } from './program.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const RUNBOOKS = `${ROOT}docs/runbooks/`;
const pages = readdirSync(RUNBOOKS).filter((name) => name.endsWith('.md'));
const textOf = (page: string): string => readFileSync(RUNBOOKS + page, 'utf8');

/** Words of a command line; what stands in quotes is one. */
const wordsOf = (line: string): string[] => line.match(/"[^"]*"|\S+/g) ?? [];

/** Each `cartledger ...` of a page, in a line of a block or between backticks. */
const commandsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/(?:^|[`$ ])(?:npx )?cartledger ([a-z][^`\n]*)/gm)]
    .map(([, words]) => (words ?? '').trim())
    .filter((words) => !/^(stands|finds|does)\b/.test(words));

/** Why the command line would be refused, or null. Values are placeholders and not looked at. */
const refusal = (line: string): string | null => {
  let command: Command = createProgram();
  const words = wordsOf(line);
  while (words.length > 0) {
    const inner = command.commands.find((one) => one.name() === words[0]);
    if (inner === undefined) break;
    command = inner;
    words.shift();
  }
  if (command.commands.length > 0) return `no such command: ${words[0] ?? '(nothing)'}`;
  let values = 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('--')) {
      values += 1;
      continue;
    }
    const option = command.options.find(({ long }) => long === word);
    if (option === undefined) return `no such option: ${word}`;
    if (!option.required) continue;
    at += 1;
    const value = words[at] ?? '';
    if (value === '') return `needs a value: ${word}`;
    if (option.argChoices !== undefined && !option.argChoices.includes(value)) return `no such ${word}: ${value}`;
  }
  if (values > 0 && command.registeredArguments.length === 0) return `takes no argument: ${line}`;
  if (command.registeredArguments.some(({ required }) => required) && values === 0) return `needs an argument: ${line}`;
  const given = new Set(words);
  const missing = command.options.find(({ mandatory, long, defaultValue }) =>
    mandatory && defaultValue === undefined ? !given.has(long ?? '') : false,
  );
  return missing === undefined ? null : `needs ${missing.long}`;
};

test('the check itself knows what is there and what is not', () => {
  expect(refusal('ingest audit --partition 3 --json')).toBeNull();
  expect(refusal('ingest frobnicate')).toContain('frobnicate');
  expect(refusal('ingest audit --fast')).toContain('--fast');
  expect(refusal('ingest rewind --partition 1')).toContain('--to');
  expect(refusal('import FILE --store shop --format jsonl')).toContain('jsonl');
  expect(refusal('import --store shop')).toContain('needs an argument');
});

test.each(pages)('every command in %s is one that the CLI has, with these options', (page) => {
  const commands = commandsOf(page);
  expect(commands.map((line) => [line, refusal(line)]).filter(([, why]) => why !== null)).toEqual([]);
});

test('every runbook names commands, its links lead somewhere, and every page is in the list', () => {
  for (const page of pages) {
    expect(commandsOf(page).length, page).toBeGreaterThan(0);
    for (const [, target] of textOf(page).matchAll(/\]\(([a-z-]+\.md)\)/g)) expect(pages).toContain(target);
  }
  const listed = [...textOf('README.md').matchAll(/\]\(([a-z-]+\.md)\)/g)].map(([, target]) => target);
  expect(new Set(listed)).toEqual(new Set(pages.filter((page) => page !== 'README.md')));
});

test('every page tells symptom, what Cartledger does, what to do, and how it is over', () => {
  for (const page of pages.filter((name) => name !== 'README.md')) {
    const headings = [...textOf(page).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading ?? '');
    for (const needed of [/What Cartledger does by itself/, /How to know it is over/])
      expect(
        headings.some((heading) => needed.test(heading)),
        `${page}: ${needed}`,
      ).toBe(true);
  }
});

const rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({ alert: z.string().optional(), annotations: z.record(z.string(), z.string()).optional() }),
      ),
    }),
  ),
});

test('every alert has a runbook that is there, and every alert that a runbook names is one', () => {
  const files = readdirSync(`${ROOT}infra/alerts`).filter((name) => name.endsWith('.yml'));
  const alerts = files
    .flatMap((name) => rules.parse(parse(readFileSync(`${ROOT}infra/alerts/${name}`, 'utf8'))).groups)
    .flatMap((group) => group.rules);
  const names = new Set(alerts.map(({ alert }) => alert));
  for (const { alert, annotations } of alerts) {
    const page = annotations?.runbook_url?.replace('docs/runbooks/', '') ?? '';
    expect(pages, `${alert}: ${page}`).toContain(page);
  }
  for (const page of pages)
    for (const [, name] of textOf(page).matchAll(/`(Cartledger[A-Z]\w+)`/g)) expect(names, page).toContain(name);
});
