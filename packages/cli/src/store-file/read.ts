import { checkDefinition, type DefinitionInput, parseDuration, printDuration } from '@cartledger/control';
import { type Definition, stagesOf } from '@cartledger/funnel';
import { type Path, type Problem, readSource, type Source } from './source.ts';

/** Fields that the file names without their unit, because their values have one: `idle: 30m`. */
const DURATIONS = {
  idle: 'idle_ms',
  abandon: 'abandon_ms',
  recovery: 'recovery_ms',
  tie_tolerance: 'tie_tolerance_ms',
};
const isDuration = (name: string): name is keyof typeof DURATIONS => Object.hasOwn(DURATIONS, name);

const PLAIN = [
  'time_zone',
  'currency',
  'breakdown_properties',
  'fx_source',
  'max_age_days',
  'retention_days',
  ...Object.values(DURATIONS),
];
const KNOWN = ['time_zone', 'currency', 'stages', 'targets', 'funnels', ...Object.keys(DURATIONS)];
const ALL_KNOWN = [...KNOWN, 'max_age_days', 'retention_days', 'breakdown_properties', 'bots', 'fx_source'].join(', ');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );

const NO_SPAN = 'no time span, give it with its unit: 30m, 12h, 7d';

/** What is read so far: the change in the words of the API, and where in the file each of its parts stands. */
type Reading = {
  change: Record<string, unknown>;
  /** From a part of the definition, as a JSON list, to the part of the file that says it. */
  places: Map<string, Path>;
  problem(path: Path, reason: string): void;
};

const span = (value: unknown, path: Path, { problem }: Reading): unknown => {
  const ms = typeof value === 'string' ? parseDuration(value) : null;
  if (ms === null) problem(path, NO_SPAN);
  return ms ?? value;
};

/** `2.5%` is 0.025, exactly as 0.025 is. */
const share = (value: unknown): unknown => {
  const [, percent] = typeof value === 'string' ? (/^(\d+(?:\.\d+)?) ?%$/.exec(value) ?? []) : [];
  return percent === undefined ? value : Number(`${percent}e-2`);
};

const readStages = (value: unknown, { change, places, problem }: Reading): void => {
  if (!Array.isArray(value)) {
    change.stages = value;
    return;
  }
  const predicates: Record<string, unknown> = {};
  change.stages = value.map((stage: unknown, i) => {
    places.set(JSON.stringify(['stages', i]), ['stages', i]);
    if (!isRecord(stage)) return stage;
    const { name, properties = [], ...rest } = stage;
    if (typeof name !== 'string') {
      problem(['stages', i], 'a stage of your own needs a name: {name: gold, type: add_to_cart, properties: [...]}');
      return 'visit';
    }
    places.set(JSON.stringify(['stages', i]), ['stages', i, 'name']);
    if (Array.isArray(stage.properties) && stage.properties.length === 0)
      problem(['stages', i, 'properties'], 'an empty list tests nothing: give a test, or leave it out');
    if (Object.hasOwn(predicates, name))
      problem(['stages', i, 'name'], 'said twice; the second time its name is enough');
    predicates[name] = { ...rest, properties };
    places.set(JSON.stringify(['stage_predicates', name]), ['stages', i]);
    return name;
  });
  change.stage_predicates = predicates;
};

const readFunnels = (value: unknown, reading: Reading): void => {
  reading.change.funnels = !Array.isArray(value)
    ? value
    : value.map((funnel: unknown, i) => {
        if (!isRecord(funnel)) return funnel;
        const { window, ...rest } = funnel;
        if ('window_ms' in funnel && window !== undefined)
          reading.problem(['funnels', i, 'window_ms'], 'said twice: leave out window_ms or window');
        if ('window_ms' in funnel) return { mode: 'ordered', ...rest };
        const path = ['funnels', i, 'window'];
        reading.places.set(JSON.stringify(['funnels', i, 'window_ms']), path);
        return { mode: 'ordered', ...rest, window_ms: span(window ?? '7d', path, reading) };
      });
};

const readField = (name: string, value: unknown, base: Definition, reading: Reading): void => {
  const { change, places, problem } = reading;
  if (isDuration(name)) {
    const field = DURATIONS[name];
    if (field in change) problem([name], `said twice: leave out ${name} or ${field}`);
    places.set(JSON.stringify([field]), [name]);
    change[field] = span(value, [name], reading);
  } else if (PLAIN.includes(name)) {
    if (name in change) problem([name], `said twice: leave out ${name} or ${name.replace(/_ms$/, '')}`);
    change[name] = value;
  } else if (name === 'stages') readStages(value, reading);
  else if (name === 'funnels') readFunnels(value, reading);
  else if (name === 'bots') change.bots = isRecord(value) ? { ...base.bots, ...value } : value;
  else if (name === 'targets')
    change.targets = isRecord(value)
      ? Object.fromEntries(Object.entries(value).map(([stage, target]) => [stage, share(target)]))
      : value;
  else if (name === 'stage_predicates')
    problem([name], 'say it with the stage itself: stages: [{name: gold, type: add_to_cart, properties: [...]}]');
  else problem([name], `not known here; known are ${ALL_KNOWN}`);
};

/** A funnel of carts over visits and product views alone would count nothing. */
const checkCartFunnels = (definition: Definition, { change, problem }: Reading): void => {
  const i = definition.funnels.findIndex(
    (funnel) => funnel.unit === 'cart' && stagesOf(definition, funnel).length === 0,
  );
  if (i !== -1 && ('stages' in change || 'funnels' in change))
    problem(
      'funnels' in change ? ['funnels', i] : ['stages'],
      'a cart has no visits and product views, so a funnel of carts needs another stage, such as add_to_cart',
    );
};

/** What the API says in its own words, in the file's. */
const inFileWords = (words: string): string =>
  words
    .replaceAll(/\b(idle|abandon|recovery|tie_tolerance)_ms\b/g, '$1')
    .replace(
      'a name of your own that stage_predicates defines',
      'a stage of your own: {name, type, properties: [...]}',
    );

const asTheStoreHasIt = (base: Definition, path: Path): string => {
  const value = valueAt(base, path);
  const shown =
    typeof value === 'number' && /_ms$/.test(String(path.at(-1))) ? printDuration(value) : JSON.stringify(value);
  const [top, ...rest] = path;
  const said = top === 'stage_predicates' ? `stage ${rest.join('.')}` : inFileWords(path.join('.'));
  return `${said}, which the store has as ${shown}`;
};

/** Where the file says what is wrong in the definition, or else the nearest part that it does say. */
const placeOf = (path: Path, places: ReadonlyMap<string, Path>): Path => {
  for (let n = path.length; n > 0; n--) {
    const place = places.get(JSON.stringify(path.slice(0, n)));
    if (place) return [...place, ...path.slice(n)];
  }
  return path;
};

/** Fields whose parts have other names than they. */
const NAMED_BY: Readonly<Record<string, string>> = { funnels: 'window_ms' };

/** The field of the change by which something that it leaves as it is became wrong: the one that the reason names. */
const causeOf = (reason: string, change: Readonly<Record<string, unknown>>): string | undefined =>
  Object.keys(change).find((field) => new RegExp(`\\b${NAMED_BY[field] ?? field}\\b`).test(reason));

const inOrder = (a: Problem, b: Problem): number =>
  (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0);

const readWith = (source: Source, base: Definition): { change: DefinitionInput } | { problems: Problem[] } => {
  if (source.problems.length > 0) return { problems: source.problems };
  const { value } = source;
  if (!isRecord(value)) return { problems: [{ at: null, text: `says no field of a store; known are ${ALL_KNOWN}.` }] };
  const problems: Problem[] = [];
  const told = new Set<string>();
  const reading: Reading = {
    change: {},
    places: new Map(),
    problem: (path, reason) => {
      told.add(JSON.stringify(path));
      problems.push(source.about(path, reason));
    },
  };
  for (const [name, field] of Object.entries(value)) readField(name, field, base, reading);
  const checked = checkDefinition(reading.change, base);
  if ('definition' in checked) checkCartFunnels(checked.definition, reading);
  if ('definition' in checked && problems.length === 0) return { change: reading.change };
  for (const { path, reason } of 'problems' in checked ? checked.problems : []) {
    const place = placeOf(path, reading.places);
    if (told.has(JSON.stringify(place))) continue;
    const [top = ''] = path;
    const words = inFileWords(reason);
    if (top in reading.change) {
      problems.push(source.about(place, words));
      continue;
    }
    const cause = causeOf(reason, reading.change);
    const at = cause === undefined ? null : source.about(placeOf([cause], reading.places), words).at;
    problems.push({ at, text: `${asTheStoreHasIt(base, path)}: ${words}.` });
  }
  return { problems: problems.sort(inOrder) };
};

/**
 * What a store file changes in a definition, or everything that is wrong with it, a line each: file, line, column, field,
 * value and what would do. What the file leaves out stays as it is in `base`.
 */
export const readStoreFile = (
  file: string,
  text: string,
  base: Definition,
): { change: DefinitionInput } | { problems: string[] } => {
  const read = readWith(readSource(text), base);
  if ('change' in read) return read;
  return {
    problems: read.problems.map(({ at, text: words }) =>
      at === null ? `${file}: ${words}` : `${file}:${at.line}:${at.column}: ${words}`,
    ),
  };
};
