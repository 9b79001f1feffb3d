/**
 * SQL of numerator / denominator (> 0), both Int256, rounded half-even to a whole Int256: what divideHalfEven does. An
 * amount has at most 10^21 minor units and a rate at most 38 digits, so that the products stay far below 2^255.
 */
export const halfEven = (numerator: string, denominator: string): string => {
  const size = `if(${numerator} < 0, -(${numerator}), ${numerator})`;
  const quotient = `intDiv(${size}, ${denominator})`;
  const twiceRest = `2 * (${size} - ${quotient} * ${denominator})`;
  const odd = `${quotient} - 2 * intDiv(${quotient}, toInt256(2)) = 1`;
  const up = `toInt256(${twiceRest} > ${denominator} OR (${twiceRest} = ${denominator} AND ${odd}))`;
  return `if(${numerator} < 0, -(${quotient} + ${up}), ${quotient} + ${up})`;
};
