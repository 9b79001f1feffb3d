import { loadConfig } from '@cartledger/service';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { kafkaDriverVariable } from './driver.ts';

const read = (env: Record<string, string>) => loadConfig(z.object(kafkaDriverVariable), env).CARTLEDGER_KAFKA_DRIVER;

test('kafkajs connects unless another client is asked for, and one nobody knows is refused by name', () => {
  expect(read({})).toBe('kafkajs');
  expect(read({ CARTLEDGER_KAFKA_DRIVER: 'platformatic' })).toBe('platformatic');
  expect(() => read({ CARTLEDGER_KAFKA_DRIVER: 'rdkafka' })).toThrow(
    /CARTLEDGER_KAFKA_DRIVER is "rdkafka": not known\. Set it to kafkajs or platformatic/,
  );
});
