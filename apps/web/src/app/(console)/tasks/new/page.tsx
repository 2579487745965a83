import type { Metadata } from "next";
import { NewTaskPage } from "../../../../features/tasks/new-task-page.tsx";

export const metadata: Metadata = { title: "New task" };

interface RouteProps {
  readonly searchParams: Promise<{ readonly sample?: string }>;
}

export default async function Route({ searchParams }: RouteProps) {
  return <NewTaskPage withSample={(await searchParams).sample !== undefined} />;
}
