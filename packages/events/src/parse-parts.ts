/** Objects within an event for the hot path. Each answers the part, or the rejection of its first bad field. */
import { AMOUNT_FIELDS, type Amounts, type Item } from './event.ts';
import { MAX_ITEMS, MAX_MONEY, MAX_QUANTITY } from './limits.ts';
import {
  codeProblem,
  idProblem,
  isAbsent,
  isCode,
  isIdText,
  isRequiredId,
  isText,
  isWhole,
  textProblem,
} from './parse-fields.ts';
import { isObject } from './properties.ts';
import { type Rejection, rejection } from './reject.ts';
import { isJunkId } from './text.ts';

/** No part has a field `ok`. */
export const isRejection = (part: object): part is Rejection => 'ok' in part;

const readItem = (raw: unknown, index: number, junk: string[]): Item | Rejection => {
  const at = (name: string): string => `items[${index}].${name}`;
  if (!isObject(raw)) return rejection('wrong_type', `items[${index}]`, raw);
  const { product_id, variant_id, name, category, quantity, unit_price } = raw;
  if (!isRequiredId(product_id)) return rejection(idProblem(product_id), at('product_id'), product_id);
  const variantGiven = !isAbsent(variant_id);
  if (variantGiven && !isIdText(variant_id)) return rejection(idProblem(variant_id), at('variant_id'), variant_id);
  if (!isAbsent(name) && !isText(name)) return rejection(textProblem(name), at('name'), name);
  if (!isAbsent(category) && !isText(category)) return rejection(textProblem(category), at('category'), category);
  if (!isWhole(quantity, 1, MAX_QUANTITY)) {
    return rejection(isAbsent(quantity) ? 'missing_field' : 'bad_quantity', at('quantity'), quantity);
  }
  const item: Item = { product_id, quantity };
  if (variantGiven) {
    if (isJunkId(variant_id)) junk.push(at('variant_id'));
    else item.variant_id = variant_id;
  }
  if (!isAbsent(name)) item.name = name;
  if (!isAbsent(category)) item.category = category;
  if (!isAbsent(unit_price)) {
    if (!isWhole(unit_price, 0, MAX_MONEY)) return rejection('bad_money', at('unit_price'), unit_price);
    // Past 2^53 the product is inexact, but far past the limit too.
    if (quantity * unit_price > MAX_MONEY) return rejection('line_too_large', at('unit_price'), unit_price);
    item.unit_price = unit_price;
  }
  return item;
};

export const readItems = (raw: unknown, junk: string[]): Item[] | Rejection => {
  if (!Array.isArray(raw)) return rejection('wrong_type', 'items', raw);
  const items: Item[] = [];
  for (let index = 0; index < raw.length; index++) {
    const item = readItem(raw[index], index, junk);
    if (isRejection(item)) return item;
    items.push(item);
  }
  return items.length > MAX_ITEMS ? rejection('too_many_items', 'items', raw) : items;
};

export const readAmounts = (raw: unknown): Amounts | Rejection => {
  if (!isObject(raw)) return rejection('wrong_type', 'amounts', raw);
  const amounts: Amounts = {};
  for (const name of AMOUNT_FIELDS) {
    const amount = raw[name];
    if (isAbsent(amount)) continue;
    if (!isWhole(amount, 0, MAX_MONEY)) return rejection('bad_money', `amounts.${name}`, amount);
    amounts[name] = amount;
  }
  return amounts;
};

export const readFriction = (raw: unknown): { code: string; message?: string } | Rejection => {
  if (!isObject(raw)) return rejection('wrong_type', 'friction', raw);
  const { code, message } = raw;
  if (!isCode(code)) return rejection(codeProblem(code), 'friction.code', code);
  if (isAbsent(message)) return { code };
  return isText(message) ? { code, message } : rejection(textProblem(message), 'friction.message', message);
};

/** An object of optional texts, such as `page`. */
export const readTexts = <Name extends string>(
  raw: unknown,
  field: string,
  names: readonly Name[],
): Partial<Record<Name, string>> | Rejection => {
  if (!isObject(raw)) return rejection('wrong_type', field, raw);
  const texts: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const text = raw[name];
    if (isAbsent(text)) continue;
    if (!isText(text)) return rejection(textProblem(text), `${field}.${name}`, text);
    texts[name] = text;
  }
  return texts;
};

export const readConsent = (raw: unknown): { analytics?: boolean; marketing?: boolean } | Rejection => {
  if (!isObject(raw)) return rejection('wrong_type', 'consent', raw);
  const { analytics, marketing } = raw;
  const consent: { analytics?: boolean; marketing?: boolean } = {};
  if (!isAbsent(analytics)) {
    if (typeof analytics !== 'boolean') return rejection('wrong_type', 'consent.analytics', analytics);
    consent.analytics = analytics;
  }
  if (!isAbsent(marketing)) {
    if (typeof marketing !== 'boolean') return rejection('wrong_type', 'consent.marketing', marketing);
    consent.marketing = marketing;
  }
  return consent;
};
