import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { api } from "../api.ts"
import { live } from "../live.ts"

export function useSignOut() {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: () => api.delete<void>("/session"),
    onSettled: async () => {
      live.stop()
      client.clear()
      await navigate({ to: "/login" })
    },
  })
}
