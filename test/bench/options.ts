import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** The options of the command line; ends with the list of them where help is asked for or one is not known. */
export const readOptions = <const T extends ParseArgsOptionsConfig>(bench: string, options: T) => {
  const usage = Object.entries(options).map(([name, { type, default: value }]) =>
    type === 'boolean' ? `[--${name}]` : `[--${name} ${value === undefined ? 'VALUE' : [value].flat().join('|')}]`,
  );
  const help = `npm run bench:${bench} -- ${usage.join(' ')}\nWhat it measures: test/bench/README.md`;
  if (process.argv.includes('--help')) {
    console.log(help);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${help}`);
    process.exit(2);
  }
};
