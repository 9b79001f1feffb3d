/**
 * ISO 4217 with its minor units. A list of our own: Intl's digits are for display (it shows HUF, IDR and COP
 * without decimals, which ISO gives two), and money written by them would be wrong a hundredfold. Besides the
 * codes in force it has those retired since 2015, which imported history carries. Metals, bond units and the
 * codes for tests and for no currency have no minor unit and are left out.
 */

const TWO_DECIMALS = `
  AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
  CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK
  HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR
  MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD
  SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VEF VES WST
  XCD XCG YER ZAR ZMW ZWG ZWL`;
const NO_DECIMALS = 'BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF';
const THREE_DECIMALS = 'BHD IQD JOD KWD LYD OMR TND';
const FOUR_DECIMALS = 'CLF UYW';

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  [NO_DECIMALS, '', TWO_DECIMALS, THREE_DECIMALS, FOUR_DECIMALS].flatMap((codes, exponent) =>
    codes
      .split(/\s+/)
      .filter((code) => code !== '')
      .map((code): [string, number] => [code, exponent]),
  ),
);

/** The codes an event may carry, sorted. */
export const CURRENCIES: readonly string[] = [...EXPONENTS.keys()].sort((a, b) => (a < b ? -1 : 1));

export const isCurrency = (value: unknown): value is string => typeof value === 'string' && EXPONENTS.has(value);

/** Decimals of the currency's minor unit (JPY 0, EUR 2, KWD 3); undefined for a code that is none. */
export const currencyExponent = (code: string): number | undefined => EXPONENTS.get(code);
