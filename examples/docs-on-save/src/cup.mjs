// Pours tea.
export function pour() {}
