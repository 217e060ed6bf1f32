/** A name as names in IAM and CloudFormation begin: with a capital, and in letters and digits: `Gsi2v2`. */
export const capitalized = (name: string): string =>
  `${name.charAt(0).toUpperCase()}${name.slice(1)}`.replaceAll("-", "v");
