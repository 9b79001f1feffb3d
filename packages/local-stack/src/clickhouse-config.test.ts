import { expect, test } from 'vitest';
import { engineArguments, pinnedProfile, serverConfig, usersConfig } from './clickhouse-config.ts';

const settings = {
  displayName: 'here',
  usersFile: '/a & b/<users>.xml',
  logFile: '/log',
  memoryLimitBytes: 1_000_000_000,
  fsyncAfterInsert: false,
  doorFor: [],
};

test('values are escaped: a directory may be named anything', () => {
  expect(serverConfig(settings)).toContain('<users_config>/a &amp; b/&lt;users&gt;.xml</users_config>');
});

test('the memory limit is the one that was asked for', () => {
  expect(serverConfig(settings)).toContain('<max_server_memory_usage>1000000000</max_server_memory_usage>');
});

test('inserts wait for the disk only when asked to', () => {
  expect(serverConfig(settings)).not.toContain('fsync');
  expect(serverConfig({ ...settings, fsyncAfterInsert: true })).toContain('<fsync_after_insert>1</fsync_after_insert>');
});

test.each([usersConfig([], 1), pinnedProfile()])('everybody begins with the settings the ingest relies on', (xml) => {
  for (const pinned of [
    'async_insert',
    'insert_deduplicate',
    'max_partitions_per_insert_block',
    'materialized_views_ignore_errors',
  ]) {
    expect(xml).toContain(`<${pinned}>0</${pinned}>`);
  }
});

test('the native protocol is opened only when asked for', () => {
  const launch = { data: '/data', configFile: '/config.xml', httpPort: 1, tcpPort: undefined };
  expect(engineArguments(launch).join(' ')).not.toMatch(/tcp/i);
  const args = engineArguments({ ...launch, tcpPort: 2 }).join(' ');
  expect(args).toContain('--tcp_port=2');
  expect(args).toContain('SYSTEM START LISTEN TCP');
});

test('requests get a handler only with the credentials of a named user', () => {
  const user = { name: 'cartledger', password: 'p' };
  const door = serverConfig({ ...settings, doorFor: [user] });
  expect(door).toContain(`<Authorization>Basic ${btoa('cartledger:p')}</Authorization>`);
  expect(door).not.toContain('<defaults');
  expect(serverConfig({ ...settings, doorFor: 'everybody' })).not.toContain('http_handlers');
  expect(usersConfig([user], 1)).not.toContain('>p<');
});
