/** The arrows of ARCHITECTURE.md: services -> packages -> packages/events, never sideways between services. */
module.exports = {
  forbidden: [
    {
      name: 'not-to-unresolvable',
      comment: 'What a package.json does not name cannot be imported.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-service-to-service',
      comment: 'Services meet in the event log, ClickHouse and the control store only; standalone wires them together.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/standalone/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'no-package-to-service',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    {
      name: 'events-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/events/' },
      to: { path: '^packages/(?!events/)' },
    },
    {
      name: 'operations-imports-nothing-of-ours',
      comment: 'The command, ingest and the API meet in it: what it imported, all of them would load.',
      severity: 'error',
      from: { path: '^packages/operations/' },
      to: { path: '^packages/(?!operations/)' },
    },
    {
      name: 'funnel-is-pure',
      severity: 'error',
      from: { path: '^packages/funnel/src/(?!.*test)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'reference-and-ledger-share-no-code',
      comment: 'The reference engine is the oracle of the ledger jobs; they meet only in types and definitions.',
      severity: 'error',
      from: { path: '^packages/funnel/src/(reference|ledger)/', pathNot: 'test\\.ts$' },
      to: { path: '^packages/funnel/src/(reference|ledger)/', pathNot: '^packages/funnel/src/$1/' },
    },
    {
      name: 'kafkajs-only-in-event-log',
      severity: 'error',
      from: { pathNot: '^(packages/event-log|test)/' },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'platformatic-only-in-its-driver',
      comment: 'Loading it takes a second and 60 MB: nobody pays that who did not ask for it.',
      severity: 'error',
      from: { pathNot: '^packages/event-log/src/kafka/(platformatic|security)/' },
      to: { path: 'node_modules/@platformatic' },
    },
    {
      name: 'clickhouse-client-only-in-clickhouse',
      severity: 'error',
      from: { pathNot: '^packages/clickhouse/' },
      to: { path: 'node_modules/@clickhouse/client' },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: 'test\\.tsx?$' },
      to: { path: '(^test/|\\.test\\.tsx?$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
};
