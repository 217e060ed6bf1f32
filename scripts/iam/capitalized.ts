/** A name with its first letter as a capital, as names in IAM and CloudFormation begin. */
export const capitalized = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
